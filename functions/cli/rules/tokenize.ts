import { RulesSyntaxError } from './syntax-tree.ts';

const TOKEN =
  /(?:\s+|\/\/[^\n]*|\/\*[\s\S]*?\*\/)|([A-Za-z_]\w*|\d+(?:\.\d+)?|'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|&&|\|\||==|!=|<=|>=|=\*\*|[<>={}()[\],.:;/*+%!?$-])/y;

export interface Token {
  readonly text: string;
  readonly line: number;
  readonly start: number;
}

/** The value of a string token. Undefined with an escape other than that of a quote or a backslash. */
export function stringValue(token: string): string | undefined {
  const text = token.slice(1, -1);
  return /^(?:[^\\]|\\['"\\])*$/.test(text) ? text.replaceAll(/\\(.)/g, '$1') : undefined;
}

/** Ends a line comment in some languages and not in others, so that it could hide a statement. */
const ODD_LINE_END = /\r(?!\n)|[\v\f\x85\u2028\u2029]/;

export function tokenize(source: string): Token[] {
  if (ODD_LINE_END.test(source)) throw new RulesSyntaxError('the file has line ends other than LF and CRLF');
  const tokens: Token[] = [];
  let line = 1;
  let at = 0;
  while (at < source.length) {
    TOKEN.lastIndex = at;
    const found = TOKEN.exec(source);
    if (!found) throw new RulesSyntaxError(`line ${line}: unexpected ${JSON.stringify(source[at])}`);
    if (found[1] !== undefined) tokens.push({ text: found[1], line, start: at });
    line += found[0].split('\n').length - 1;
    at = TOKEN.lastIndex;
  }
  return tokens;
}
