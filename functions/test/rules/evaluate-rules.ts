/**
 * Evaluates parsed rules for one request, following the public reference of the rules language.
 *
 * It proves what firestore.rules means by that reference. It does not prove that Google's compiler accepts the file, or
 * that it stays within the limits on expressions and calls: functions/test/rules-official uses Google's emulator.
 *
 * Rules are not filters: a query is decided on its constraints, not on the stored documents. Of the documents it may
 * return, only the fields compared with `==` are known here, so a rule that reads another field is an error.
 */
import { isDeepStrictEqual } from 'node:util';
import { parseRules } from '../../cli/rules/parse-rules.ts';
import {
  type Expression,
  type Match,
  type Operation,
  RulesSyntaxError,
} from '../../cli/rules/syntax-tree.ts';

export type Value = null | boolean | number | string | Date | MapDiff | readonly Value[] | Fields;
export interface Fields {
  readonly [field: string]: Value;
}

/** The constraints of a query: the fields it compares with `==`, and its limit, if it has one. */
export interface Query {
  readonly where: Fields;
  readonly limit: number | null;
  /** A collection group query: all collections with that id. */
  readonly isGroup?: boolean | undefined;
}

/**
 * `path`: of the document; for a query, of the collection. `before`: the stored document. `after`: the document as the
 * write would leave it.
 */
export interface RulesRequest {
  readonly operation: Operation;
  readonly path: string;
  readonly query?: Query | undefined;
  readonly auth: { readonly uid: string; readonly token: Fields } | null;
  readonly time: Date;
  readonly before?: Fields | undefined;
  readonly after?: Fields | undefined;
}

/** An error while a rule runs. In Firestore it makes the `allow` in which it happens false, and no other. */
class EvaluationError extends Error {}

class MapDiff {
  readonly affected: readonly string[];
  constructor(after: Fields, before: Fields) {
    this.affected = [...new Set([...Object.keys(after), ...Object.keys(before)])].filter(
      (key) => !isDeepStrictEqual(own(after, key), own(before, key)),
    );
  }
}

interface Scope {
  readonly match: Match;
  readonly names: ReadonlyMap<string, Value>;
  readonly outer: Scope | null;
}

const isList = (value: Value): value is readonly Value[] => Array.isArray(value);
const isMap = (value: Value): value is Fields => typeOf(value) === 'map';
const own = (map: Fields, key: string): Value | undefined => (Object.hasOwn(map, key) ? map[key] : undefined);
const includes = (list: readonly Value[], item: Value) => list.some((each) => isDeepStrictEqual(each, item));

function typeOf(value: Value): string {
  if (value === null) return 'null';
  if (value instanceof Date) return 'timestamp';
  if (value instanceof MapDiff) return 'map_diff';
  if (isList(value)) return 'list';
  if (typeof value === 'object') return 'map';
  return typeof value === 'boolean' ? 'bool' : typeof value;
}

function isOfType(value: Value, type: string): boolean {
  return type === 'int' ? Number.isInteger(value) : typeOf(value) === type;
}

/** Method → its result for a receiver and arguments of the right types; `undefined` for wrong types. */
const METHODS = new Map<string, (object: Value, args: readonly Value[]) => Value | undefined>([
  [
    'get',
    (map, [key = null, fallback]) => {
      if (!isMap(map) || typeof key !== 'string') return undefined;
      return Object.hasOwn(map, key) ? map[key] : fallback;
    },
  ],
  ['keys', (map) => (isMap(map) ? Object.keys(map) : undefined)],
  [
    'diff',
    (after, [before = null]) => (isMap(after) && isMap(before) ? new MapDiff(after, before) : undefined),
  ],
  ['affectedKeys', (diff) => (diff instanceof MapDiff ? diff.affected : undefined)],
  ['toMillis', (time) => (time instanceof Date ? time.getTime() : undefined)],
  [
    'matches', // the whole string
    (text, [pattern = null]) =>
      typeof text === 'string' && typeof pattern === 'string'
        ? new RegExp(`^(?:${pattern})$`, 'v').test(text)
        : undefined,
  ],
  ['trim', (text) => (typeof text === 'string' ? text.trim() : undefined)],
  ['size', (object) => (typeof object === 'string' || isList(object) ? object.length : undefined)],
  ['hasAny', listMethod((list, other) => list.some((item) => includes(other, item)))],
  ['hasAll', listMethod((list, other) => other.every((item) => includes(list, item)))],
  ['hasOnly', listMethod((list, other) => list.every((item) => includes(other, item)))],
]);

function listMethod(test: (list: readonly Value[], other: readonly Value[]) => boolean) {
  return (list: Value, [other = null]: readonly Value[]) =>
    isList(list) && isList(other) ? test(list, other) : undefined;
}

function evaluate(expression: Expression, scope: Scope): Value {
  switch (expression.kind) {
    case 'literal':
      return expression.value;
    case 'map':
      return {};
    case 'list':
      return expression.items.map((item) => evaluate(item, scope));
    case 'name':
      return lookUp(scope, ({ names }) => names.get(expression.name)).found;
    case 'field': {
      const object = evaluate(expression.object, scope);
      const value = isMap(object) ? own(object, expression.name) : undefined;
      return value === undefined ? refuse(`no field ${expression.name}`) : value;
    }
    case 'unary':
      return !boolean(evaluate(expression.operand, scope));
    case 'is':
      return isOfType(evaluate(expression.left, scope), expression.type);
    case 'method': {
      const args = expression.args.map((arg) => evaluate(arg, scope));
      const result = METHODS.get(expression.name)?.(evaluate(expression.object, scope), args);
      return result === undefined ? refuse(`${expression.name} on a wrong type`) : result;
    }
    case 'call': {
      const { found, at } = lookUp(scope, ({ match }) => match.functions.get(expression.name));
      const args = expression.args.map((arg) => evaluate(arg, scope));
      const names = new Map(found.parameters.map((name, index) => [name, args[index] ?? null]));
      return evaluate(found.body, { match: at.match, names, outer: at });
    }
    case 'binary':
      if (expression.operator === '||') return either(expression.left, expression.right, scope);
      return binary(expression.operator, evaluate(expression.left, scope), () =>
        evaluate(expression.right, scope),
      );
    default:
      throw new RulesSyntaxError(`${expression.kind} passed the check`);
  }
}

/** In Firestore, `||` of an error and true is true. No rule may depend on that, so here it fails the test. */
function either(left: Expression, right: Expression, scope: Scope): boolean {
  try {
    return boolean(evaluate(left, scope)) || boolean(evaluate(right, scope));
  } catch (error) {
    throw new RulesSyntaxError('an error beside ||', { cause: error });
  }
}

function binary(operator: string, left: Value, evaluateRight: () => Value): boolean | number {
  if (operator === '&&') return boolean(left) && boolean(evaluateRight());
  const right = evaluateRight();
  if (operator === 'in') return isIn(left, right);
  if (operator === '==') return isDeepStrictEqual(left, right);
  if (operator === '!=') return !isDeepStrictEqual(left, right);
  if (typeof left !== 'number' || typeof right !== 'number') return refuse(`${operator} on a wrong type`);
  if (operator === '*' || operator === '+') return operator === '*' ? left * right : left + right;
  if (operator === '<' || operator === '<=') return operator === '<' ? left < right : left <= right;
  return operator === '>' ? left > right : left >= right;
}

function isIn(item: Value, collection: Value): boolean {
  if (isList(collection)) return includes(collection, item);
  return isMap(collection) && typeof item === 'string'
    ? Object.hasOwn(collection, item)
    : refuse('in on a wrong type');
}

function boolean(value: Value): boolean {
  return typeof value === 'boolean' ? value : refuse('not a boolean');
}

function refuse(message: string): never {
  throw new EvaluationError(message);
}

/** The innermost scope with the name. A missing name is a mistake in the rules, so it is not an EvaluationError. */
function lookUp<T>(scope: Scope, find: (scope: Scope) => T | undefined): { found: T; at: Scope } {
  for (let at: Scope | null = scope; at; at = at.outer) {
    const found = find(at);
    if (found !== undefined) return { found, at };
  }
  throw new RulesSyntaxError('an unknown name passed the check');
}

/** Whether {@link evaluate} knows what an expression means. The types are those of {@link typeOf}. */
function isEvaluated(expression: Expression): boolean {
  const { kind } = expression;
  if (kind === 'map') return expression.entries.length === 0;
  if (kind === 'unary') return expression.operator === '!';
  if (kind === 'is')
    return ['bool', 'int', 'number', 'string', 'timestamp', 'list', 'map'].includes(expression.type);
  if (kind === 'binary') return !['-', '/', '%'].includes(expression.operator);
  return kind !== 'opaque' && kind !== 'index' && kind !== 'conditional';
}

/** Checks that every name, function (with its number of arguments) and method exists: `&&` could hide a misspelt one. */
function check(
  match: Match,
  outerNames: ReadonlySet<string>,
  outerFunctions: ReadonlyMap<string, number>,
): void {
  const names = new Set([
    ...outerNames,
    ...match.path.filter(({ kind }) => kind !== 'literal').map(({ name }) => name),
  ]);
  const arities = [...match.functions].map(([name, { parameters }]): [string, number] => [
    name,
    parameters.length,
  ]);
  const functions = new Map([...outerFunctions, ...arities]);

  const visit = (expression: Expression, known: ReadonlySet<string>): void => {
    if (!isEvaluated(expression)) throw new RulesSyntaxError(`not evaluated here: ${expression.kind}`);
    if (expression.kind === 'name' && !known.has(expression.name)) throw unknown(expression.name);
    if (expression.kind === 'method' && !METHODS.has(expression.name)) throw unknown(`${expression.name}()`);
    if (expression.kind === 'call' && functions.get(expression.name) !== expression.args.length) {
      throw unknown(`${expression.name}() of ${expression.args.length}`);
    }
    for (const part of Object.values(expression).flat()) if (isExpression(part)) visit(part, known);
  };
  for (const { parameters, variables, body } of match.functions.values()) {
    if (variables.length > 0) throw new RulesSyntaxError('not evaluated here: let');
    visit(body, new Set([...names, ...parameters]));
  }
  for (const { condition, line } of match.allows) {
    if (!condition) throw new RulesSyntaxError(`line ${line}: an allow without a condition`);
    visit(condition, names);
  }
  for (const inner of match.matches) check(inner, names, functions);
}

const unknown = (what: string) => new RulesSyntaxError(`unknown: ${what}`);
const isExpression = (part: unknown): part is Expression =>
  typeof part === 'object' && part !== null && 'kind' in part;

/** Where the collections of a collection group query are: at any depth, which only a recursive wildcard matches. */
const ANYWHERE = '**';
/** The segments; null for the id of a document that a query leaves open, which only a wildcard matches. */
type Path = readonly (string | null)[];

/** The ways in which a path can begin with a pattern. */
function align(pattern: Match['path'], path: Path): { names: Map<string, Value>; rest: Path }[] {
  const [segment, ...next] = pattern;
  if (segment === undefined) return [{ names: new Map(), rest: path }];
  const { kind, name } = segment;
  const [first, ...others] = path;
  if (kind !== 'rest') {
    if (first === undefined || first === ANYWHERE || (kind === 'literal' && first !== name)) return [];
    return align(next, others).map(({ names, rest }) => ({
      names: new Map([[name, first], ...names]),
      rest,
    }));
  }
  return [...path, undefined].flatMap((_, count) => {
    const value = path.slice(0, count).map(String).join('/');
    return align(next, path.slice(count)).map(({ names, rest }) => ({
      names: new Map([[name, value], ...names]),
      rest,
    }));
  });
}

function isAllowed(match: Match, path: Path, operation: Operation, outer: Scope | null): boolean {
  return align(match.path, path).some(({ names, rest }) =>
    isAllowedIn({ match, names, outer }, rest, operation),
  );
}

function isAllowedIn(scope: Scope, rest: Path, operation: Operation): boolean {
  const { match } = scope;
  const grants = ({ operations, condition }: Match['allows'][number]) => {
    try {
      return condition !== undefined && operations.includes(operation) && evaluate(condition, scope) === true;
    } catch (error) {
      if (error instanceof EvaluationError) return false;
      throw error;
    }
  };
  if (rest.length === 0 && match.allows.some(grants)) return true;
  return match.matches.some((inner) => isAllowed(inner, rest, operation, scope));
}

/**
 * @param source the text of firestore.rules
 * @returns a predicate: do these rules allow the request?
 * @throws {RulesSyntaxError} when the text does not parse or uses a name that does not exist
 */
export function loadRules(source: string): (request: RulesRequest) => boolean {
  const { version, root } = parseRules(source);
  if (version !== '2') throw new RulesSyntaxError("rules_version is not '2'");
  check(root, new Set(['request', 'resource']), new Map());
  return ({ operation, path, query, auth, time, before, after }) => {
    const known = query ? query.where : before;
    const names = new Map<string, Value>([
      [
        'request',
        {
          auth,
          time,
          method: operation,
          ...(query && { query: { limit: query.limit } }),
          ...(after && { resource: { data: after } }),
        },
      ],
      ['resource', known ? { data: known } : null],
    ]);
    const globals: Scope = { match: { ...root, functions: new Map() }, names, outer: null };
    const segments: Path = [
      ...(query?.isGroup ? [ANYWHERE] : []),
      ...path.split('/'),
      ...(query ? [null] : []),
    ];
    return isAllowed(root, ['databases', '(default)', 'documents', ...segments], operation, globals);
  };
}
