# The curl examples of the Imgen v2 document.
# Only the address, the key, the prompt and the job's id are filled in by the test.
TOKEN="@TOKEN@"
BASE="@API@"
# List models
curl -s -X POST "$BASE" \
-H "Content-Type: application/json" \
-H "Authorization: Bearer $TOKEN" \
-d '{"action":"models"}'
echo
# Generate with pre-compliance context forwarded from a Ban Word Service
curl -s -X POST "$BASE" \
-H "Content-Type: application/json" \
-H "Authorization: Bearer $TOKEN" \
-d '{"action":"generate","prompt":"@PROMPT@","model":"eros","style":"professional","compliance_ruleset":"default","precompliance":"ban-word-service v3.2: no banned tokens matched"}' \
| tee "$JOB"
echo
JOB_ID=$(sed -E 's/.*"id":"([^"]*)".*/\1/' "$JOB")
# Poll status (replace JOB_ID)
curl -s -X POST "$BASE" \
-H "Content-Type: application/json" \
-H "Authorization: Bearer $TOKEN" \
-d '{"action":"status","id":"'"$JOB_ID"'","prompt":"@aya ...","model":"eros"}'
echo
