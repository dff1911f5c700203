import { parseRules } from './parse-rules.ts';
import {
  type Allow,
  type Expression,
  type Match,
  type Operation,
  RulesSyntaxError,
  type Segment,
} from './syntax-tree.ts';

/** Collections that no client may read or write: one that writes there can become owner, or any user. */
export const SERVER_COLLECTIONS = [
  'directory',
  'system',
  'accessChanges',
  'auditEvents',
  'sessions',
  'rateLimits',
  'stepUps',
  'factors',
  'recoveryCodes',
  'factorAttempts',
  'passkeys',
  'webauthnChallenges',
] as const;

export interface Exposure {
  readonly collection: string;
  readonly operations: readonly Operation[];
  readonly line: number;
  /** The `allow` statement. */
  readonly text: string;
  /**
   * `always`: whatever the client is, unless the condition ends in an error. `possibly`: not proved that the condition is never
   * true, or that no document has the path.
   */
  readonly when: 'always' | 'possibly';
}

/** What rules mean for our collections. `undecided`: the file could not be read, so it may expose them. */
export type RulesVerdict =
  | { readonly kind: 'closed' }
  | { readonly kind: 'exposed'; readonly exposures: readonly Exposure[] }
  | { readonly kind: 'undecided'; readonly reason: string };

/**
 * Decides whether Firestore rules let clients reach our collections. `closed` is a proof: for each `allow` that could apply
 * to a document of them, the condition is never true, whatever the request is. All that depends on the request, on documents
 * or on parts of the language that are not evaluated here counts as possibly true.
 *
 * @param source the text of the rules
 * @param databaseId the database that they apply to
 */
export function checkRules(
  source: string,
  databaseId: string,
  collections: readonly string[] = SERVER_COLLECTIONS,
): RulesVerdict {
  let root: Match;
  try {
    ({ root } = parseRules(source));
  } catch (error) {
    if (!(error instanceof RulesSyntaxError)) throw error;
    return { kind: 'undecided', reason: error.message };
  }
  const exposures = collections.flatMap((collection) => {
    const path: Path = ['databases', databaseId, 'documents', collection, UNKNOWN];
    const found = exposuresIn(root, path, null).map((one) => ({ collection, ...one }));
    // A path can match a statement in several ways: a certain one counts.
    const certainLast = [...found.filter(isPossible), ...found.filter((one) => !isPossible(one))];
    return [...new Map(certainLast.map((one) => [`${one.line} ${one.text}`, one])).values()];
  });
  return exposures.length === 0 ? { kind: 'closed' } : { kind: 'exposed', exposures };
}

const isPossible = ({ when }: Exposure) => when === 'possibly';

/** A value that depends on the request. A known value `v` below always means: the real value is `v`, or an error. */
const UNKNOWN: unique symbol = Symbol('unknown');
type Value = null | boolean | number | string | typeof UNKNOWN | readonly Value[];
type Path = readonly (string | typeof UNKNOWN)[];

interface Scope {
  readonly match: Match | null;
  readonly names: ReadonlyMap<string, Value>;
  readonly outer: Scope | null;
}

function exposuresIn(match: Match, path: Path, outer: Scope | null): Omit<Exposure, 'collection'>[] {
  return align(match.path, path).flatMap(({ names, rest, isCertain }) => {
    const scope: Scope = { match, names, outer };
    const own = rest.length === 0 ? match.allows.flatMap((allow) => exposureOf(allow, scope, isCertain)) : [];
    return [...own, ...match.matches.flatMap((inner) => exposuresIn(inner, rest, scope))];
  });
}

function exposureOf({ condition, operations, line, text }: Allow, scope: Scope, isCertain: boolean) {
  const value = condition === undefined ? true : evaluate(condition, scope, 0);
  if (value !== true && value !== UNKNOWN) return [];
  return [{ operations, line, text, when: value === true && isCertain ? 'always' : 'possibly' } as const];
}

interface Alignment {
  readonly names: ReadonlyMap<string, Value>;
  /** What the match leaves of the path, for the matches in it. */
  readonly rest: Path;
  readonly isCertain: boolean;
}

/** The ways in which a path can begin with a pattern. */
function align(pattern: readonly Segment[], path: Path): Alignment[] {
  const [segment, ...next] = pattern;
  if (!segment) return [{ names: new Map(), rest: path, isCertain: true }];
  const { kind, name } = segment;
  if (kind === 'rest') {
    // None, one or more segments. The value of the wildcard is a path, which is not evaluated here.
    return [...path, UNKNOWN].flatMap((_, count) =>
      align(next, path.slice(count)).map((found) => withName(found, name, UNKNOWN)),
    );
  }
  const [first, ...others] = path;
  if (first === undefined) return [];
  if (kind === 'one') return align(next, others).map((found) => withName(found, name, first));
  if (first === name) return align(next, others);
  return first === UNKNOWN ? align(next, others).map((found) => ({ ...found, isCertain: false })) : [];
}

const withName = (found: Alignment, name: string, value: Value): Alignment => ({
  ...found,
  names: new Map([[name, value], ...found.names]),
});

/** Whether a declaration of the file hides a name of the language is not documented. */
const BUILT_IN = new Set(
  'request resource get getAfter exists existsAfter debug path math hashing duration timestamp latlng bool int float string'.split(
    ' ',
  ),
);

/** Google's limit on the depth of calls is 20. It refuses rules that call themselves. */
const MAX_DEPTH = 20;

function evaluate(expression: Expression, scope: Scope, depth: number): Value {
  const value = (part: Expression) => evaluate(part, scope, depth);
  switch (expression.kind) {
    case 'literal':
      return expression.value;
    case 'list':
      return expression.items.map(value);
    case 'name': {
      if (BUILT_IN.has(expression.name)) return UNKNOWN;
      const found = lookUp(scope, ({ names }) => names.get(expression.name));
      return found ? found.value : UNKNOWN;
    }
    case 'call':
      return depth < MAX_DEPTH && !BUILT_IN.has(expression.name)
        ? callFunction(expression, scope, depth)
        : UNKNOWN;
    case 'unary': {
      const operand = value(expression.operand);
      return expression.operator === '!' && typeof operand === 'boolean' ? !operand : UNKNOWN;
    }
    case 'conditional': {
      const condition = value(expression.condition);
      if (typeof condition === 'boolean') return value(condition ? expression.yes : expression.no);
      const yes = value(expression.yes);
      const no = value(expression.no);
      return isEqual(yes, no) === true ? yes : UNKNOWN;
    }
    case 'binary':
      return binary(expression.operator, value(expression.left), value(expression.right));
    default:
      return UNKNOWN;
  }
}

function binary(operator: string, left: Value, right: Value): Value {
  switch (operator) {
    case '&&':
      if (left === false || right === false) return false;
      return left === true && right === true ? true : UNKNOWN;
    case '||':
      if (left === true || right === true) return true;
      return left === false && right === false ? false : UNKNOWN;
    case '==':
      return isEqual(left, right);
    case '!=': {
      const equal = isEqual(left, right);
      return equal === UNKNOWN ? UNKNOWN : !equal;
    }
    case 'in': {
      if (!Array.isArray(right)) return UNKNOWN;
      const found = right.map((item) => isEqual(left, item));
      if (found.includes(true)) return true;
      return found.includes(UNKNOWN) ? UNKNOWN : false;
    }
    default:
      return UNKNOWN;
  }
}

/** Known for two scalars of the same type only: Google may compare others in another way than JavaScript. */
function isEqual(left: Value, right: Value): boolean | typeof UNKNOWN {
  if (typeof left !== typeof right || typeof left === 'object' || left === UNKNOWN) return UNKNOWN;
  return left === right;
}

function callFunction(
  { name, args }: Extract<Expression, { kind: 'call' }>,
  scope: Scope,
  depth: number,
): Value {
  const found = lookUp(scope, ({ match }) => match?.functions.get(name));
  if (!found || found.value.parameters.length !== args.length) return UNKNOWN;
  const { parameters, variables, body } = found.value;
  const values = args.map((arg) => evaluate(arg, scope, depth));
  const names = new Map<string, Value>(parameters.map((parameter, at) => [parameter, values[at] ?? UNKNOWN]));
  const inside: Scope = { match: null, names, outer: found.at };
  for (const [variable, value] of variables) names.set(variable, evaluate(value, inside, depth + 1));
  return evaluate(body, inside, depth + 1);
}

/** The innermost scope that has a name. */
function lookUp<T>(scope: Scope, find: (scope: Scope) => T | undefined): { value: T; at: Scope } | undefined {
  for (let at: Scope | null = scope; at; at = at.outer) {
    const value = find(at);
    if (value !== undefined) return { value, at };
  }
  return undefined;
}
