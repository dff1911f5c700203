/** The tree of a file of Firestore rules. */

export type Operation = 'get' | 'list' | 'create' | 'update' | 'delete';

export type Expression =
  | { readonly kind: 'literal'; readonly value: null | boolean | number | string }
  | { readonly kind: 'map'; readonly entries: readonly (readonly [Expression, Expression])[] }
  | { readonly kind: 'list'; readonly items: readonly Expression[] }
  /** A path, or a string with an escape that is not resolved here. */
  | { readonly kind: 'opaque' }
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'field'; readonly object: Expression; readonly name: string }
  | { readonly kind: 'index'; readonly object: Expression; readonly indexes: readonly Expression[] }
  | { readonly kind: 'call'; readonly name: string; readonly args: readonly Expression[] }
  | {
      readonly kind: 'method';
      readonly object: Expression;
      readonly name: string;
      readonly args: readonly Expression[];
    }
  | { readonly kind: 'is'; readonly left: Expression; readonly type: string }
  | { readonly kind: 'unary'; readonly operator: '!' | '-'; readonly operand: Expression }
  | {
      readonly kind: 'binary';
      readonly operator: string;
      readonly left: Expression;
      readonly right: Expression;
    }
  | {
      readonly kind: 'conditional';
      readonly condition: Expression;
      readonly yes: Expression;
      readonly no: Expression;
    };

export interface RuleFunction {
  readonly parameters: readonly string[];
  /** `let` statements, in order. */
  readonly variables: readonly (readonly [name: string, value: Expression])[];
  readonly body: Expression;
}

/** `rest` is a recursive wildcard, `{name=**}`. */
export interface Segment {
  readonly kind: 'literal' | 'one' | 'rest';
  readonly name: string;
}

export interface Allow {
  readonly operations: readonly Operation[];
  /** Undefined: always. */
  readonly condition: Expression | undefined;
  readonly line: number;
  /** From `allow` to the semicolon, in one line. */
  readonly text: string;
}

export interface Match {
  readonly path: readonly Segment[];
  readonly functions: Map<string, RuleFunction>;
  readonly allows: Allow[];
  readonly matches: Match[];
}

export interface Rules {
  readonly version: '1' | '2';
  /** Stands for `service cloud.firestore`; its path is empty. */
  readonly root: Match;
}

export class RulesSyntaxError extends Error {
  override name = 'RulesSyntaxError';
}
