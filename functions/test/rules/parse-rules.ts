/**
 * A parser for the part of the Firestore rules language that firestore.rules uses. Everything else is a syntax error
 * here, so that the evaluator never has to guess. Left out on purpose: `!` and `?:`,
 * `let`, `get()`/`exists()`, maps with entries, an `allow` without `if`.
 */

export type Operation = 'get' | 'list' | 'create' | 'update' | 'delete';

export type Expression =
  | { readonly kind: 'literal'; readonly value: null | boolean | number | string }
  | { readonly kind: 'empty-map' }
  | { readonly kind: 'list'; readonly items: readonly Expression[] }
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'field'; readonly object: Expression; readonly name: string }
  | { readonly kind: 'call'; readonly name: string; readonly args: readonly Expression[] }
  | {
      readonly kind: 'method';
      readonly object: Expression;
      readonly name: string;
      readonly args: readonly Expression[];
    }
  | { readonly kind: 'is'; readonly left: Expression; readonly type: string }
  | {
      readonly kind: 'binary';
      readonly operator: string;
      readonly left: Expression;
      readonly right: Expression;
    };

export interface RuleFunction {
  readonly parameters: readonly string[];
  readonly body: Expression;
}

export interface Segment {
  readonly kind: 'literal' | 'one' | 'rest';
  readonly name: string;
}

export interface Match {
  readonly path: readonly Segment[];
  readonly functions: Map<string, RuleFunction>;
  readonly allows: { readonly operations: readonly Operation[]; readonly condition: Expression }[];
  readonly matches: Match[];
}

export class RulesSyntaxError extends Error {
  override name = 'RulesSyntaxError';
}

const OPERATIONS = new Map<string, readonly Operation[]>([
  ['read', ['get', 'list']],
  ['write', ['create', 'update', 'delete']],
  ...(['get', 'list', 'create', 'update', 'delete'] as const).map((one): [string, Operation[]] => [
    one,
    [one],
  ]),
]);
const TYPES = new Set(['bool', 'int', 'number', 'string', 'timestamp', 'list', 'map']);
/** Operators by precedence, lowest first; `is` has that of a comparison. */
const PRECEDENCE = [['||'], ['&&'], ['==', '!=', '<', '<=', '>', '>=', 'in'], ['+'], ['*']];
const CONSTANTS = new Map<string, boolean | null>([
  ['true', true],
  ['false', false],
  ['null', null],
]);
const WORD = /^[A-Za-z_]\w*$/;
const TOKEN =
  /(?:\s+|\/\/[^\n]*)|([A-Za-z_]\w*|\d+|'(?:[^'\\\n]|\\\\)*'|&&|\|\||==|!=|<=|>=|=\*\*|[<>={}()[\],.:;/*+])/y;

/** The only escape that we use. */
const unescaped = (text: string) => text.replaceAll('\\\\', '\\');

function tokenize(source: string): { text: string; line: number }[] {
  const tokens: { text: string; line: number }[] = [];
  let line = 1;
  let at = 0;
  while (at < source.length) {
    TOKEN.lastIndex = at;
    const found = TOKEN.exec(source);
    if (!found) throw new RulesSyntaxError(`line ${line}: unexpected ${JSON.stringify(source[at])}`);
    if (found[1] !== undefined) tokens.push({ text: found[1], line });
    line += found[0].split('\n').length - 1;
    at = TOKEN.lastIndex;
  }
  return tokens;
}

/**
 * @param source the text of firestore.rules, version 2
 * @returns the tree of matches; its root stands for `service cloud.firestore` and has an empty path
 * @throws {RulesSyntaxError} naming the line
 */
export function parseRules(source: string): Match {
  const tokens = tokenize(source);
  let at = 0;

  const peek = () => tokens[at]?.text ?? 'the end of the file';
  const fail = (wanted: string): never => {
    throw new RulesSyntaxError(`line ${tokens[at]?.line ?? 'last'}: wanted ${wanted}, found ${peek()}`);
  };
  const take = (text: string): boolean => {
    if (at >= tokens.length || peek() !== text) return false;
    at += 1;
    return true;
  };
  const expect = (...texts: string[]) => {
    for (const text of texts) if (!take(text)) fail(text);
  };
  const word = (what: string): string => {
    const text = peek();
    if (at >= tokens.length || !WORD.test(text)) fail(what);
    at += 1;
    return text;
  };
  const listOf = <T>(item: () => T, close: string): T[] => {
    const items: T[] = [];
    if (take(close)) return items;
    do items.push(item());
    while (take(','));
    expect(close);
    return items;
  };

  function primary(): Expression {
    const text = peek();
    if (take('(')) {
      const inner = expression();
      expect(')');
      return inner;
    }
    if (take('{')) {
      expect('}');
      return { kind: 'empty-map' };
    }
    if (take('[')) return { kind: 'list', items: listOf(() => expression(), ']') };
    if (/^['\d]/.test(text)) {
      at += 1;
      return { kind: 'literal', value: text.startsWith("'") ? unescaped(text.slice(1, -1)) : Number(text) };
    }
    const name = word('an expression');
    const constant = CONSTANTS.get(name);
    if (constant !== undefined) return { kind: 'literal', value: constant };
    return take('(') ? { kind: 'call', name, args: listOf(() => expression(), ')') } : { kind: 'name', name };
  }

  function postfix(): Expression {
    let object = primary();
    while (take('.')) {
      const name = word('a field or method');
      object = take('(')
        ? { kind: 'method', object, name, args: listOf(() => expression(), ')') }
        : { kind: 'field', object, name };
    }
    return object;
  }

  function expression(level = 0): Expression {
    const operators = PRECEDENCE[level];
    if (!operators) return postfix();
    let left = expression(level + 1);
    if (operators.includes('in') && take('is')) {
      const type = word('a type');
      return TYPES.has(type) ? { kind: 'is', left, type } : fail(`one of ${[...TYPES].join(', ')} before`);
    }
    while (operators.includes(peek())) {
      const operator = peek();
      at += 1;
      left = { kind: 'binary', operator, left, right: expression(level + 1) };
      if (operators.includes('in')) break; // comparisons do not chain
    }
    return left;
  }

  function segment(): Segment {
    if (!take('{')) return { kind: 'literal', name: word('a path segment') };
    const name = word('a wildcard');
    const kind = take('=**') ? 'rest' : 'one';
    expect('}');
    return { kind, name };
  }

  function block(path: readonly Segment[]): Match {
    const match: Match = { path, functions: new Map(), allows: [], matches: [] };
    expect('{');
    while (!take('}')) {
      if (take('function')) {
        const name = word('a function name');
        if (match.functions.has(name)) fail(`one function ${name} only before`);
        expect('(');
        const parameters = listOf(() => word('a parameter'), ')');
        expect('{', 'return');
        match.functions.set(name, { parameters, body: expression() });
        expect(';', '}');
      } else if (take('match')) {
        const segments: Segment[] = [];
        while (take('/')) segments.push(segment());
        const rest = segments.findIndex(({ kind }) => kind === 'rest');
        if (segments.length === 0 || (rest >= 0 && rest < segments.length - 1))
          fail('a path, {x=**} last, before');
        match.matches.push(block(segments));
      } else if (path.length > 0 && take('allow')) {
        const operations = listOf(
          () => OPERATIONS.get(word('an operation')) ?? fail('an operation before'),
          ':',
        );
        expect('if');
        match.allows.push({ operations: operations.flat(), condition: expression() });
        expect(';');
      } else {
        fail('function, match, allow or }');
      }
    }
    return match;
  }

  expect('rules_version', '=', "'2'", ';', 'service', 'cloud', '.', 'firestore');
  const root = block([]);
  if (at < tokens.length) fail('nothing more');
  return root;
}
