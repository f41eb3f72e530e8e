// REST: paths, parameters, bodies and answers against GitHub's OpenAPI description.
import { createRequire } from 'node:module';
import Ajv from 'ajv';
import addFormats from 'ajv-formats';

// Answers that any operation may give although the description lists them for few.
const ANYWHERE = new Set([301, 304, 307, 400, 401, 403, 404, 429, 500, 502, 503, 504]);

// What the description does not say and GitHub does; each with its reason.
const BEYOND = {
  // The reference page lists 409 in prose only ("Git Repository is empty.").
  'git/list-matching-refs': [409],
  'repos/get-commit': [409],
};

export function restChecker() {
  const description = createRequire(import.meta.url)('@octokit/openapi/generated/api.github.com.json');
  const document = nullsAsTypes(description);
  const ajv = new Ajv({ strict: false, allErrors: true, logger: false, coerceTypes: false });
  addFormats(ajv);
  ajv.addSchema({ $id: 'github', ...document });
  const loose = new Ajv({ strict: false, allErrors: true, logger: false, coerceTypes: true });
  addFormats(loose);
  loose.addSchema({ $id: 'github', ...document });
  const compiled = new Map();
  const validator = (kind, pointer) => {
    const key = `${kind} ${pointer}`;
    if (!compiled.has(key)) compiled.set(key, (kind === 'loose' ? loose : ajv).compile({ $ref: `github#${pointer}` }));
    return compiled.get(key);
  };
  const routes = Object.keys(document.paths).map((path) => ({ path, parts: path.split('/').slice(1) }));
  const find = (reference) => reference.$ref
    ? { pointer: reference.$ref.slice(1), value: at(document, reference.$ref.slice(1)) }
    : undefined;

  return (entry) => {
    const matched = match(routes, document, entry);
    if (!matched) return { name: `${entry.method} ${entry.path}`, problems: ['no such path in the description'] };
    const { path, operation } = matched;
    const base = `/paths/${escape(path)}/${entry.method.toLowerCase()}`;
    const problems = [];
    const refused = entry.status === 400 || entry.status === 422;
    if (!refused) problems.push(...checkQuery(entry, operation, base, find, validator), ...checkBody(entry, operation, base, validator));
    if (entry.status !== null && !entry.fault) problems.push(...checkAnswer(entry, operation, base, find, validator));
    return { name: `${entry.method} ${path}`, problems };
  };
}

function match(routes, document, entry) {
  const parts = entry.path.split('/').slice(1);
  const fits = (route) => {
    // A path parameter at the end takes slashes as well ({path}, {ref}, {basehead}).
    const last = route.parts.at(-1);
    const open = last.startsWith('{') && /^\{(path|ref|basehead|tree_sha|branch)\}$/.test(last);
    if (open ? parts.length < route.parts.length : parts.length !== route.parts.length) return false;
    return route.parts.every((part, index) => part.startsWith('{') || part === parts[index]);
  };
  const literal = (route) => route.parts.filter((part) => !part.startsWith('{')).length;
  const found = routes.filter(fits).filter((route) => document.paths[route.path][entry.method.toLowerCase()]);
  found.sort((a, b) => literal(b) - literal(a) || a.parts.length - b.parts.length);
  // The root of a repository's content is the same operation with an empty path.
  const path = found[0]?.path
    ?? (/^\/repos\/[^/]+\/[^/]+\/contents\/?$/.test(entry.path) ? '/repos/{owner}/{repo}/contents/{path}' : undefined);
  const operation = path && document.paths[path][entry.method.toLowerCase()];
  return operation && { path, operation };
}

function checkQuery(entry, operation, base, find, validator) {
  const problems = [];
  const known = (operation.parameters ?? []).map((parameter, index) => {
    const target = find(parameter);
    return { ...(target?.value ?? parameter), pointer: target?.pointer ?? `${base}/parameters/${index}` };
  }).filter((parameter) => parameter.in === 'query');
  for (const [name, value] of Object.entries(entry.query ?? {})) {
    const parameter = known.find((parameter) => parameter.name === name);
    if (!parameter) { problems.push(`query parameter ${name} is not described`); continue; }
    const check = validator('loose', `${parameter.pointer}/schema`);
    if (!check({ value }.value)) problems.push(...check.errors.map((error) => `query ${name}: ${error.message}`));
  }
  for (const parameter of known) {
    if (parameter.required && !(parameter.name in (entry.query ?? {}))) problems.push(`query parameter ${parameter.name} is missing`);
  }
  return problems;
}

function checkBody(entry, operation, base, validator) {
  const content = operation.requestBody?.content?.['application/json'];
  const empty = entry.body === '' || entry.body === null || entry.body === undefined;
  if (!content) return empty ? [] : ['a body where none is described'];
  if (empty) return operation.requestBody.required ? ['the body is missing'] : [];
  const check = validator('strict', `${base}/requestBody/content/application~1json/schema`);
  const problems = check(entry.body) ? [] : describe(check.errors, 'request');
  const schema = content.schema;
  if (schema.properties && typeof entry.body === 'object' && !Array.isArray(entry.body)) {
    for (const name of Object.keys(entry.body)) if (!(name in schema.properties)) problems.push(`request field ${name} is not described`);
  }
  return problems;
}

function checkAnswer(entry, operation, base, find, validator) {
  const status = String(entry.status);
  const response = operation.responses[status];
  if (!response) {
    const beyond = BEYOND[operation.operationId] ?? [];
    if (!ANYWHERE.has(entry.status) && !beyond.includes(entry.status)) return [`status ${status} is not described for ${operation.operationId}`];
    return entry.answer === null || entry.answer.raw !== undefined || typeof entry.answer.message === 'string' ? [] : ['a refusal without a message'];
  }
  const target = find(response);
  const pointer = target?.pointer ?? `${base}/responses/${status}`;
  const content = (target?.value ?? response).content;
  if (!content) return entry.answer === null || entry.status >= 300 ? [] : ['an answer where none is described'];
  if (entry.answer?.raw !== undefined && entry.answer.content_type) return [];
  if (entry.answer === null) return ['the answer is missing'];
  const object = (entry.headers.accept ?? '').includes('.object');
  const kind = object && content['application/vnd.github.object'] ? 'application/vnd.github.object' : 'application/json';
  if (!content[kind]) return [`no ${kind} is described`];
  const check = validator('strict', `${pointer}/content/${escape(kind)}/schema`);
  return check(entry.answer) ? [] : describe(check.errors, 'answer');
}

function describe(errors, side) {
  return errors.slice(0, 12).map((error) => `${side}${error.instancePath}: ${error.message} ${JSON.stringify(error.params)}`);
}

const escape = (text) => text.replaceAll('~', '~0').replaceAll('/', '~1');

function at(document, pointer) {
  return pointer.split('/').slice(1).reduce((value, part) => value[part.replaceAll('~1', '/').replaceAll('~0', '~')], document);
}

// OpenAPI 3.0 writes `nullable: true`; JSON Schema wants the type "null". The description's alternatives overlap
// (any refusal is also a `basic-error`), so `oneOf` is read as `anyOf`.
function nullsAsTypes(value) {
  if (Array.isArray(value)) return value.map(nullsAsTypes);
  if (value === null || typeof value !== 'object') return value;
  const { nullable, example, examples, ...rest } = value;
  const kept = typeof nullable === 'object' || typeof example === 'object' && example?.type ? value : rest;
  const mapped = Object.fromEntries(Object.entries(kept).map(([key, inner]) => [key, nullsAsTypes(inner)]));
  if (Array.isArray(mapped.oneOf)) {
    mapped.anyOf = mapped.oneOf;
    delete mapped.oneOf;
  }
  if (nullable !== true) return mapped;
  if (typeof mapped.type === 'string') {
    return { ...mapped, type: [mapped.type, 'null'], ...(mapped.enum ? { enum: [...mapped.enum, null] } : {}) };
  }
  return { anyOf: [mapped, { type: 'null' }] };
}
