<?php
declare(strict_types=1);

/** The connection, and on first use the table. */
function database(): PDO
{
    $setting = static fn(string $name): string => getenv($name) ?: throw new RuntimeException("$name is not set");
    $dsn = sprintf('mysql:host=%s;dbname=%s;charset=utf8mb4', $setting('DB_HOST'), $setting('DB_NAME'));
    $database = new PDO($dsn, $setting('DB_USER'), $setting('DB_PASSWORD'), [
        PDO::ATTR_ERRMODE => PDO::ERRMODE_EXCEPTION,
        PDO::ATTR_DEFAULT_FETCH_MODE => PDO::FETCH_ASSOC,
        PDO::ATTR_EMULATE_PREPARES => false,
        PDO::ATTR_TIMEOUT => 2,
    ]);
    $database->exec(
        'CREATE TABLE IF NOT EXISTS entries (
            id INT UNSIGNED AUTO_INCREMENT PRIMARY KEY,
            author VARCHAR(80) NOT NULL,
            text VARCHAR(500) NOT NULL,
            written TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP
        )',
    );
    return $database;
}
