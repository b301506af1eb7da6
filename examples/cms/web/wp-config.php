<?php
// WordPress's settings, from the container's environment. Read by Debian's /usr/share/wordpress/wp-config.php.
$setting = static fn(string $name): string => getenv($name) ?: throw new RuntimeException("$name is not set");

define('DB_HOST', $setting('DB_HOST'));
define('DB_NAME', $setting('DB_NAME'));
define('DB_USER', $setting('DB_USER'));
define('DB_PASSWORD', $setting('DB_PASSWORD'));
define('DB_CHARSET', 'utf8mb4');
define('WP_HOME', $setting('SITE_URL'));
define('WP_SITEURL', $setting('SITE_URL'));
define('WP_CONTENT_DIR', '/var/lib/wordpress/wp-content');
define('WP_DEFAULT_THEME', 'twentytwentythree');
// Updates come with the image.
define('AUTOMATIC_UPDATER_DISABLED', true);
define('DISALLOW_FILE_MODS', true);

// Made by install.php on the first start and kept on the volume; without them nobody stays logged in.
$salts = '/var/lib/wordpress/salts.php';
if (is_file($salts)) {
    require $salts;
}
$table_prefix = 'wp_';
