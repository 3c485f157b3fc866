# The curl examples of the ImageAPI document, in its order.
# Only the address and the key are filled in by the test.
curl -X POST https://imageapi.org/api/v1/generate \
-H "Authorization: Bearer YOUR_API_KEY" \
-H "Content-Type: application/json" \
-d '{"prompt": "a sunset over mountains", "width": 512, "height": 512 }'
echo
curl -X POST https://imageapi.org/api/v1/generate \
-H "Authorization: Bearer YOUR_API_KEY" \
-H "Content-Type: application/json" \
-d '{
"items": [
{ "prompt": "a futuristic city at night", "width": 512, "height": 512 },
{ "prompt": "a portrait photo, studio lighting", "width": 512, "height": 512 }
]
}'
echo
curl -X POST https://imageapi.org/api/v1/generate \
-H "Authorization: Bearer YOUR_API_KEY" \
-H "Content-Type: application/json" \
-d '{
"prompt": "a sunset over mountains",
"negative_prompt": "blurry, low quality",
"width": 512,
"height": 512
}'
echo
curl -X POST https://imageapi.org/api/v1/prompt/enhance \
-H "Authorization: Bearer YOUR_API_KEY" \
-H "Content-Type: application/json" \
-d '{"prompt":"robot reading a book","tone":"anime, cozy"}'
echo
curl -X POST https://imageapi.org/api/v1/prompt/build \
-H "Authorization: Bearer YOUR_API_KEY" \
-H "Content-Type: application/json" \
-d '{"subject":"fox in a scarf","setting":"snowy forest","mood":"cozy","art_style":"watercolor"}'
echo
curl -X GET https://imageapi.org/api/v1/models
echo
curl -X GET https://imageapi.org/api/v1/usage \
-H "Authorization: Bearer YOUR_API_KEY"
echo
curl -X GET https://imageapi.org/api/v1/health
echo
