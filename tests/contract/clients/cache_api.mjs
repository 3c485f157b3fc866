// The Node client of the Cache API document.
// Only the address is filled in by the test; the key comes from the environment, as there.
const BASE = '@BASE@';
const KEY = process.env.IMGEN_API_KEY;
async function search(query, opts) {
opts = opts || {};
const res = await fetch(BASE + '/api/search', {
method: 'POST',
headers: {
'Authorization': 'Bearer ' + KEY,
'Content-Type': 'application/json',
},
body: JSON.stringify({
query: query,
character: opts.character,
model: opts.model,
style: opts.style,
search_in: opts.search_in || 'both',
limit: opts.limit || 10,
}),
});
if (!res.ok) {
const err = await res.json().catch(function () { return { error: res.statusText }; });
throw new Error('Search failed (' + res.status + '): ' + err.error);
}
const data = await res.json();
return data.results;
}
// Usage
const results = await search('sunset over mountains', { limit: 5 });
for (const img of results) {
console.log(img.id, img.score.toFixed(3), img.url);
}
