<?php
declare(strict_types=1);

require __DIR__ . '/database.php';
header('Content-Type: text/plain');
try {
    database()->query('SELECT 1')->fetch();
    echo 'ok';
} catch (Throwable $error) {
    error_log($error->getMessage());
    http_response_code(503);
    echo 'the database does not answer';
}
