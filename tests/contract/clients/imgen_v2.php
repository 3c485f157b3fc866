<?php
// The PHP client of the Imgen v2 document.
// Only the address, the key and the prompt are filled in by the test.
$api = '@API@';
$token = '@TOKEN@';
function apiCall($api, $token, $body) {
$ch = curl_init($api);
curl_setopt_array($ch, [
CURLOPT_RETURNTRANSFER => true, CURLOPT_POST => true,
CURLOPT_POSTFIELDS => json_encode($body),
CURLOPT_HTTPHEADER => ['Content-Type: application/json', "Authorization: Bearer $token"],
]);
$r = curl_exec($ch); curl_close($ch);
return json_decode($r, true);
}
$job = apiCall($api, $token, [
'action'=>'generate','prompt'=>'@PROMPT@','model'=>'eros',
'use_cache'=>true,'cache_only'=>false,'cache_force'=>false,'cache_pick'=>5,
'compliance_ruleset'=>'default',
'precompliance'=>'ban-word-service v3.2: no banned tokens matched'
]);
for ($i = 0; $i < 120; $i++) {
sleep(3);
$s = apiCall($api, $token, ['action'=>'status','id'=>$job['id'],'prompt'=>$job['prompt'],'model'=>$job['model']]);
if (in_array($s['status'], ['IN_QUEUE','IN_PROGRESS'])) continue;
if ($s['status'] === 'COMPLETED') {
if (($s['compliance'] ?? '') === 'unsafe') {
$blockedUrl = !empty($s['unsafe_url']) ? base64_decode($s['unsafe_url']) : null;
die($s['error'] . ($blockedUrl ? " (blocked_url=$blockedUrl)" : ''));
}
$signed = array_values(array_filter($s['meta']['images'], fn($i) => $i['type']==='signed'))[0];
$cached = !empty($s['cache']) ? ' (cached)' : '';
echo "URL: " . $signed['url'] . $cached; break;
}
die($s['error'] ?? 'Failed');
}
