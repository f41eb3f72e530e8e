// GraphQL: queries, variables and answers against GitHub's schema.
import { schema as published } from '@octokit/graphql-schema';
import {
  Kind, buildSchema, getNamedType, getOperationAST, getVariableValues, isAbstractType, isEnumType, isLeafType,
  isListType, isNonNullType, parse, typeFromAST, validate,
} from 'graphql';

const SCALARS = {
  String: (value) => typeof value === 'string', ID: (value) => typeof value === 'string',
  Int: Number.isInteger, Float: (value) => typeof value === 'number', Boolean: (value) => typeof value === 'boolean',
};

export function graphqlChecker() {
  const schema = buildSchema(published.idl, { assumeValid: true });

  return (entry) => {
    const body = entry.body ?? {};
    let document;
    try {
      document = parse(body.query);
    } catch (error) {
      return { name: 'GraphQL', problems: [`the query does not parse: ${error.message}`] };
    }
    const operation = getOperationAST(document, body.operationName);
    if (!operation) return { name: 'GraphQL', problems: ['no such operation'] };
    const fields = operation.selectionSet.selections.map((field) => field.name?.value).join(', ');
    const name = `GraphQL ${operation.operation} { ${[...new Set(fields.split(', '))].join(', ')} }`;
    const refused = entry.answer?.errors?.length > 0 && entry.answer.data === undefined;
    const problems = [];
    if (!refused) {
      problems.push(...validate(schema, document).map((error) => `query: ${error.message}`));
      const { errors } = getVariableValues(schema, operation.variableDefinitions ?? [], body.variables ?? {});
      problems.push(...(errors ?? []).map((error) => `variables: ${error.message}`));
    }
    if (entry.status === 200 && !entry.fault && problems.length === 0) problems.push(...checkAnswer(schema, document, operation, entry.answer));
    return { name, problems };
  };
}

function checkAnswer(schema, document, operation, answer) {
  const problems = [];
  for (const error of answer.errors ?? []) if (typeof error.message !== 'string') problems.push('an error without a message');
  const excused = new Set((answer.errors ?? []).map((error) => (error.path ?? []).join('.')));
  if (answer.data === undefined || answer.data === null) {
    return answer.errors?.length ? problems : [...problems, 'neither data nor errors'];
  }
  const fragments = Object.fromEntries(document.definitions.filter((part) => part.kind === Kind.FRAGMENT_DEFINITION).map((part) => [part.name.value, part]));
  const root = operation.operation === 'mutation' ? schema.getMutationType() : schema.getQueryType();
  const walk = { schema, fragments, excused, problems };
  selection(walk, root, answer.data, operation.selectionSet, []);
  return problems;
}

function selection(walk, type, object, set, path) {
  const runtime = isAbstractType(type) && object.__typename ? walk.schema.getType(object.__typename) : type;
  const allowed = new Set();
  const visit = (here, part) => {
    for (const item of part.selections) {
      if (item.kind === Kind.FIELD) {
        const key = item.alias?.value ?? item.name.value;
        allowed.add(key);
        if (key in object) field(walk, here, object[key], item, [...path, key]);
        else if (here === runtime && !isAbstractType(here) && !item.directives?.length) walk.problems.push(`${[...path, key].join('.')} is missing`);
        continue;
      }
      const fragment = item.kind === Kind.FRAGMENT_SPREAD ? walk.fragments[item.name.value] : item;
      const condition = fragment.typeCondition ? typeFromAST(walk.schema, fragment.typeCondition) : here;
      // Of an abstract type without __typename, a fragment was taken when all of its keys are there.
      const keys = fragment.selectionSet.selections.filter((inner) => inner.kind === Kind.FIELD).map((inner) => inner.alias?.value ?? inner.name.value);
      const taken = condition === runtime || (isAbstractType(runtime) ? keys.every((key) => key in object) : isAbstractType(condition));
      if (taken) visit(condition, fragment.selectionSet);
      else for (const key of keys) allowed.add(key);
    }
  };
  visit(runtime, set);
  for (const key of Object.keys(object)) if (!allowed.has(key)) walk.problems.push(`${[...path, key].join('.')} was not asked for`);
}

function field(walk, type, value, item, path) {
  if (item.name.value === '__typename') return;
  const definition = type.getFields?.()[item.name.value];
  if (definition) check(walk, definition.type, value, item, path);
}

function check(walk, type, value, item, path) {
  if (isNonNullType(type)) {
    if (value === null && !walk.excused.has(path.join('.'))) walk.problems.push(`${path.join('.')} is null`);
    return value === null ? undefined : check(walk, type.ofType, value, item, path);
  }
  if (value === null) return undefined;
  if (isListType(type)) {
    if (!Array.isArray(value)) return void walk.problems.push(`${path.join('.')} is not a list`);
    return value.forEach((inner, index) => check(walk, type.ofType, inner, item, [...path, index]));
  }
  const named = getNamedType(type);
  if (isEnumType(named)) {
    if (!named.getValue(value)) walk.problems.push(`${path.join('.')}: ${JSON.stringify(value)} is not of ${named.name}`);
  } else if (isLeafType(named)) {
    const right = SCALARS[named.name] ?? ((value) => typeof value === 'string');
    if (!right(value)) walk.problems.push(`${path.join('.')}: ${JSON.stringify(value)} is no ${named.name}`);
  } else if (typeof value !== 'object' || Array.isArray(value)) {
    walk.problems.push(`${path.join('.')} is not an object`);
  } else {
    selection(walk, named, value, item.selectionSet, path);
  }
  return undefined;
}
