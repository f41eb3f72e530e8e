// Holds a log of the GitHub double (JSON lines) against GitHub's published schemas.
// Usage: node check.mjs LOG…   Exit 0: all agree; 1: differences, one a line; 2: bad usage.
import { readFileSync } from 'node:fs';
import { restChecker } from './rest.mjs';
import { graphqlChecker } from './graphql.mjs';

const files = process.argv.slice(2);
if (files.length === 0) {
  console.error('usage: node check.mjs LOG…');
  process.exit(2);
}

const entries = files.flatMap((file) =>
  readFileSync(file, 'utf8').split('\n').filter(Boolean).map((line, index) => ({ ...JSON.parse(line), place: `${file}:${index + 1}` })));

const rest = restChecker();
const graphql = graphqlChecker();
const seen = new Map();
let differences = 0;

for (const entry of entries.filter((entry) => entry.face === 'api')) {
  const path = entry.path.replace(/^\/api\/v3(?=\/)/, '').replace(/^\/api\/graphql$/, '/graphql');
  const { name, problems } = path === '/graphql' ? graphql(entry) : rest({ ...entry, path });
  seen.set(name, (seen.get(name) ?? 0) + 1);
  for (const problem of new Set(problems)) {
    differences += 1;
    console.log(`${entry.place}: ${entry.method} ${entry.path} → ${entry.status}: ${problem}`);
  }
}

for (const [name, count] of [...seen].sort()) console.log(`${String(count).padStart(6)}  ${name}`);
console.log(`${entries.length} requests, ${seen.size} operations, ${differences} differences`);
process.exit(differences === 0 ? 0 : 1);
