<?php
// The WordPress functions that the document's example calls, over real HTTP; and wp-config.php's
// constant. Runs before the example.
define('IMAGEAPI_KEY', getenv('IMAGEAPI_KEY'));

class WP_Error
{
    public function __construct(private string $message)
    {
    }

    public function get_error_message(): string
    {
        return $this->message;
    }
}

function wp_remote_post(string $url, array $args): array|WP_Error
{
    $headers = [];
    foreach ($args['headers'] as $name => $value) {
        $headers[] = "$name: $value";
    }
    $call = curl_init($url);
    curl_setopt_array($call, [
        CURLOPT_POST => true,
        CURLOPT_POSTFIELDS => $args['body'],
        CURLOPT_HTTPHEADER => $headers,
        CURLOPT_TIMEOUT => $args['timeout'],
        CURLOPT_RETURNTRANSFER => true,
    ]);
    $body = curl_exec($call);
    if ($body === false) {
        return new WP_Error(curl_error($call));
    }
    return ['response' => ['code' => curl_getinfo($call, CURLINFO_RESPONSE_CODE)], 'body' => $body];
}

function wp_json_encode(mixed $data): string
{
    return json_encode($data, JSON_THROW_ON_ERROR);
}

function is_wp_error(mixed $thing): bool
{
    return $thing instanceof WP_Error;
}

function wp_remote_retrieve_response_code(array $response): int
{
    return $response['response']['code'];
}

function wp_remote_retrieve_body(array $response): string
{
    return $response['body'];
}

function esc_html(string $text): string
{
    return htmlspecialchars($text, ENT_QUOTES);
}
