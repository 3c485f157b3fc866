# The curl examples of the Cache API document, the quick start's double slash included.
# Only the address is filled in by the test.
curl -s -X POST @BASE@//api/search \
-H "Authorization: Bearer $IMGEN_API_KEY" \
-H "Content-Type: application/json" \
-d '{"query":"sunset over mountains","limit":5}'
echo
curl -s -X POST @BASE@/api/search \
-H "Authorization: Bearer $IMGEN_API_KEY" \
-H "Content-Type: application/json" \
-d '{
"query": "soft pastel illustration of a garden",
"style": "illustration",
"limit": 8
}'
echo
