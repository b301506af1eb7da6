<?php
// Installs the site when its database is empty; run again, it changes nothing.
declare(strict_types=1);

$salts = '/var/lib/wordpress/salts.php';
if (!is_file($salts)) {
    $names = ['AUTH_KEY', 'SECURE_AUTH_KEY', 'LOGGED_IN_KEY', 'NONCE_KEY', 'AUTH_SALT', 'SECURE_AUTH_SALT', 'LOGGED_IN_SALT', 'NONCE_SALT'];
    $lines = array_map(static fn(string $name): string => sprintf("define('%s', '%s');\n", $name, bin2hex(random_bytes(32))), $names);
    file_put_contents("$salts.new", "<?php\n" . implode('', $lines));
    chmod("$salts.new", 0640);
    chgrp("$salts.new", 'www-data');
    rename("$salts.new", $salts);
}

define('WP_INSTALLING', true);
$_SERVER['HTTP_HOST'] = (string) parse_url((string) getenv('SITE_URL'), PHP_URL_HOST);
$_SERVER['REQUEST_URI'] = '/';
require '/usr/share/wordpress/wp-load.php';
require ABSPATH . 'wp-admin/includes/upgrade.php';
if (is_blog_installed()) {
    echo "The site is installed already.\n";
    exit(0);
}
// The example sends no mail.
add_filter('pre_wp_mail', '__return_false');
wp_install((string) getenv('SITE_TITLE'), (string) getenv('ADMIN_USER'), (string) getenv('ADMIN_EMAIL'), true, '', (string) getenv('ADMIN_PASSWORD'));
echo "The site is installed.\n";
