import {
  type Allow,
  type Expression,
  type Match,
  type Operation,
  type Rules,
  RulesSyntaxError,
  type Segment,
} from './syntax-tree.ts';
import { stringValue, type Token, tokenize } from './tokenize.ts';

const OPERATIONS = new Map<string, readonly Operation[]>([
  ['read', ['get', 'list']],
  ['write', ['create', 'update', 'delete']],
  ...(['get', 'list', 'create', 'update', 'delete'] as const).map((one): [string, Operation[]] => [
    one,
    [one],
  ]),
]);
const TYPES = new Set(
  'bool bytes constraint duration float int latlng list map map_diff number path set string timestamp'.split(
    ' ',
  ),
);
/** Operators by precedence, lowest first. */
const PRECEDENCE = [
  ['||'],
  ['&&'],
  ['==', '!='],
  ['in', 'is'],
  ['<', '<=', '>', '>='],
  ['+', '-'],
  ['*', '/', '%'],
];
const COMPARISONS = ['==', '!=', 'in', 'is', '<', '<=', '>', '>='];
const CONSTANTS = new Map<string, boolean | null>([
  ['true', true],
  ['false', false],
  ['null', null],
]);
const WORD = /^[A-Za-z_]\w*$/;
/** A whole number that JavaScript holds exactly, or a fraction. */
const NUMBER = /^(0|[1-9]\d{0,14})(\.\d{1,9})?$/;
const isUnique = (names: readonly string[]) => new Set(names).size === names.length;
/**
 * Parses the Firestore rules language, as its public reference describes it. Anything else is a syntax error, so that no
 * reader of the tree has to guess. https://firebase.google.com/docs/reference/rules/rules
 *
 * @param source the text of a rules file with one service, `cloud.firestore`
 * @throws {RulesSyntaxError} naming the line
 */
export function parseRules(source: string): Rules {
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

  /** One segment of a path, after its slash: a name may have hyphens and dots. */
  function pathName(): string {
    if (take('(')) {
      const name = word('a path segment');
      expect(')');
      return `(${name})`;
    }
    let name = '';
    let end: number | undefined;
    for (let token = tokens[at]; token && /^[\w.-]+$/.test(token.text); token = tokens[at]) {
      if (end !== undefined && token.start !== end) break;
      name += token.text;
      end = token.start + token.text.length;
      at += 1;
    }
    return name === '' ? fail('a path segment') : name;
  }

  /** `/databases/$(database)/documents/…`, an argument of `get` and `exists`. */
  function path(): Expression {
    while (take('/')) {
      if (!take('$')) pathName();
      else {
        expect('(');
        expression();
        expect(')');
      }
    }
    return { kind: 'opaque' };
  }

  function primary(): Expression {
    const text = peek();
    if (text === '/') return path();
    if (take('(')) {
      const inner = expression();
      expect(')');
      return inner;
    }
    if (take('{')) {
      const entry = (): [Expression, Expression] => {
        const key = expression();
        expect(':');
        return [key, expression()];
      };
      return { kind: 'map', entries: listOf(entry, '}') };
    }
    if (take('[')) return { kind: 'list', items: listOf(expression, ']') };
    if (/^['"\d]/.test(text)) {
      at += 1;
      if (/^\d/.test(text))
        return NUMBER.test(text) ? { kind: 'literal', value: Number(text) } : { kind: 'opaque' };
      const value = stringValue(text);
      return value === undefined ? { kind: 'opaque' } : { kind: 'literal', value };
    }
    const name = word('an expression');
    const constant = CONSTANTS.get(name);
    if (constant !== undefined) return { kind: 'literal', value: constant };
    return take('(') ? { kind: 'call', name, args: listOf(expression, ')') } : { kind: 'name', name };
  }

  function postfix(): Expression {
    let object = primary();
    for (;;) {
      if (take('[')) {
        const indexes = [expression()];
        if (take(':')) indexes.push(expression());
        expect(']');
        object = { kind: 'index', object, indexes };
      } else if (take('.')) {
        const name = word('a field or method');
        object = take('(')
          ? { kind: 'method', object, name, args: listOf(expression, ')') }
          : { kind: 'field', object, name };
      } else return object;
    }
  }

  function unary(): Expression {
    if (take('!')) return { kind: 'unary', operator: '!', operand: unary() };
    if (take('-')) return { kind: 'unary', operator: '-', operand: unary() };
    return postfix();
  }

  function binary(level: number): Expression {
    const operators = PRECEDENCE[level];
    if (!operators) return unary();
    let left = binary(level + 1);
    while (operators.includes(peek())) {
      const operator = peek();
      at += 1;
      if (operator === 'is') {
        const type = word('a type');
        left = TYPES.has(type) ? { kind: 'is', left, type } : fail(`one of ${[...TYPES].join(', ')} before`);
      } else left = { kind: 'binary', operator, left, right: binary(level + 1) };
      // Google's compiler may read a chain in another way.
      if (COMPARISONS.includes(operator)) break;
    }
    return left;
  }

  function expression(): Expression {
    const condition = binary(0);
    if (!take('?')) return condition;
    const yes = expression();
    expect(':');
    return { kind: 'conditional', condition, yes, no: expression() };
  }

  function segment(): Segment {
    if (!take('{')) return { kind: 'literal', name: pathName() };
    const name = word('a wildcard');
    const kind = take('=**') ? 'rest' : 'one';
    expect('}');
    return { kind, name };
  }

  function ruleFunction(into: Match['functions']): void {
    const name = word('a function name');
    if (into.has(name)) fail(`one function ${name} only before`);
    expect('(');
    const parameters = listOf(() => word('a parameter'), ')');
    expect('{');
    const variables: [string, Expression][] = [];
    while (take('let')) {
      const variable = word('a variable');
      expect('=');
      variables.push([variable, expression()]);
      expect(';');
    }
    const names = [...parameters, ...variables.map(([variable]) => variable)];
    if (!isUnique(names)) fail('each parameter and variable once before');
    expect('return');
    into.set(name, { parameters, variables, body: expression() });
    expect(';', '}');
  }

  function allow(start: Token): Allow {
    const operations: Operation[] = [];
    do operations.push(...(OPERATIONS.get(word('an operation')) ?? fail('an operation before')));
    while (take(','));
    let condition: Expression | undefined;
    if (take(':')) {
      expect('if');
      condition = expression();
    }
    const text = source.slice(start.start, tokens[at]?.start).replaceAll(/\s+/g, ' ').trim();
    expect(';');
    return { operations, condition, line: start.line, text };
  }

  function block(path: readonly Segment[]): Match {
    const match: Match = { path, functions: new Map(), allows: [], matches: [] };
    expect('{');
    while (!take('}')) {
      const start = tokens[at];
      if (take('function')) ruleFunction(match.functions);
      else if (take('match')) {
        const segments: Segment[] = [];
        while (take('/')) segments.push(segment());
        if (segments.length === 0) fail('a path before');
        const wildcards = segments.filter(({ kind }) => kind !== 'literal').map((one) => one.name);
        if (!isUnique(wildcards)) fail('each wildcard of a path once before');
        match.matches.push(block(segments));
      } else if (start && path.length > 0 && take('allow')) match.allows.push(allow(start));
      else fail('function, match, allow or }');
    }
    return match;
  }

  let version: Rules['version'] = '1';
  if (take('rules_version')) {
    expect('=');
    if (take("'2'") || take('"2"')) version = '2';
    else if (!take("'1'") && !take('"1"')) fail("'1' or '2'");
    expect(';');
  }
  const functions: Match['functions'] = new Map();
  while (take('function')) ruleFunction(functions);
  expect('service', 'cloud', '.', 'firestore');
  const root = block([]);
  for (const [name, value] of functions) if (!root.functions.has(name)) root.functions.set(name, value);
  if (at < tokens.length) fail('nothing more');
  return { version, root };
}
