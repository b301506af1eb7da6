<?php
declare(strict_types=1);

require __DIR__ . '/database.php';

$show = static fn(string $text): string => htmlspecialchars($text, ENT_QUOTES | ENT_SUBSTITUTE, 'UTF-8');
$field = static fn(string $name, int $length): string => first_characters(trim((string) ($_POST[$name] ?? '')), $length);

/** The first characters of a UTF-8 text; needs no extension. */
function first_characters(string $text, int $length): string
{
    return preg_match('/^.{0,' . $length . '}/us', $text, $found) === 1 ? $found[0] : '';
}

try {
    $database = database();
    if ($_SERVER['REQUEST_METHOD'] === 'POST') {
        [$author, $text] = [$field('author', 80), $field('text', 500)];
        if ($author !== '' && $text !== '') {
            $database->prepare('INSERT INTO entries (author, text) VALUES (?, ?)')->execute([$author, $text]);
        }
        // A reload must not send the form again.
        header('Location: /', true, 303);
        exit;
    }
    $entries = $database->query('SELECT author, text, written FROM entries ORDER BY id DESC LIMIT 50')->fetchAll();
    $count = (int) $database->query('SELECT COUNT(*) FROM entries')->fetchColumn();
} catch (PDOException $error) {
    error_log($error->getMessage());
    http_response_code(503);
    exit('The database does not answer. Try again in a moment.');
}
header("Content-Security-Policy: default-src 'none'; style-src 'unsafe-inline'; form-action 'self'");
?>
<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Guest book</title>
<style>
  :root { color-scheme: light dark; --accent: #2563eb; --line: color-mix(in srgb, currentColor 18%, transparent) }
  body { font: 1rem/1.6 system-ui, sans-serif; max-width: 40rem; margin: 3rem auto; padding: 0 1rem }
  h1 { font-size: 1.8rem; margin: 0 } p.lead { margin: .2rem 0 2rem; opacity: .75 }
  form { display: grid; gap: .6rem; padding: 1rem; border: 1px solid var(--line); border-radius: .7rem }
  label { font-size: .85rem } input, textarea { font: inherit; width: 100%; box-sizing: border-box; padding: .5rem .6rem; border: 1px solid var(--line); border-radius: .4rem }
  button { font: inherit; justify-self: start; padding: .5rem 1.2rem; border: 0; border-radius: .4rem; background: var(--accent); color: #fff; cursor: pointer }
  ul { list-style: none; padding: 0; margin-top: 2rem } li { padding: .9rem 0; border-top: 1px solid var(--line); overflow-wrap: anywhere }
  .who { font-weight: 600 } time { font-size: .8rem; opacity: .65; margin-left: .5rem }
</style>
<h1>Guest book</h1>
<p class="lead"><?= $count === 0 ? 'Nobody has written yet.' : $show($count === 1 ? '1 entry' : "$count entries") . ', kept in MariaDB.' ?></p>
<form method="post">
  <label>Your name <input name="author" maxlength="80" required autocomplete="name"></label>
  <label>What you want to say <textarea name="text" rows="3" maxlength="500" required></textarea></label>
  <button>Sign</button>
</form>
<ul>
<?php foreach ($entries as $entry): ?>
  <li><span class="who"><?= $show($entry['author']) ?></span><time><?= $show($entry['written']) ?> UTC</time><br><?= nl2br($show($entry['text'])) ?></li>
<?php endforeach ?>
</ul>
</html>
