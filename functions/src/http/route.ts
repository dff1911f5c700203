import type * as z from 'zod';
import type { AccessRule } from '../authz/access-rule.ts';
import type { Principal } from '../authz/principal.ts';
import type { Deps } from '../deps.ts';

type Fields = z.ZodObject;

/** The parts of a request that a route reads. A part without a schema must be empty. */
export interface InputSchemas {
  readonly params?: Fields;
  readonly query?: Fields;
  readonly body?: Fields;
}

type InputOf<I extends InputSchemas> = {
  [Part in keyof I]: I[Part] extends z.ZodType ? z.output<I[Part]> : never;
};

/** What a handler may know about the request besides its input. */
export interface HandlerContext {
  readonly principal: Principal;
  readonly deps: Deps;
  readonly requestId: string;
  /** The `If-Match` header of a conditional request (RFC 9110 §13.1.1). */
  readonly ifMatch?: string | undefined;
}

export interface Route<I extends InputSchemas = InputSchemas, O extends z.ZodType = z.ZodType> {
  readonly method: 'get' | 'post' | 'put' | 'patch' | 'delete';
  /** Express path below `/v1`, e.g. `/users/:uid`. */
  readonly path: string;
  /** Who may pass. Required: there is no endpoint that nobody decided on. */
  readonly access: AccessRule;
  /** App Check applies as where somebody signs in, although `access` is public: the answer is a credential. */
  readonly appCheck?: true;
  /** Directory id of whom the addressed resource belongs to, for access to one's `own`; undefined: there is none. */
  readonly owner?: (input: InputOf<I>, deps: Deps, principal: Principal) => Promise<string | undefined>;
  readonly input: I;
  /** An endpoint for OAuth clients: also takes a form, and a 400 has an `error` (RFC 6749 §4.1.3, §5.2). */
  readonly oauth?: true;
  /** Schema of the answer; `null` for 204. Fields it does not name are not sent. */
  readonly output: O | null;
  readonly summary: string;
  /** Entity tag of the answer, quotes included; the route then also takes `If-Match`. */
  readonly etag?: (answer: z.output<O>) => string;
  /** The items of a list, one by one: what is sent where `application/x-ndjson` is asked for. */
  readonly stream?: (input: InputOf<I>, context: HandlerContext) => AsyncIterable<unknown>;
  handler(input: InputOf<I>, context: HandlerContext): Promise<z.input<O>> | z.input<O>;
}

/** Types a row of the route table: the handler's input follows from the row's schemas. */
export function route<const I extends InputSchemas, O extends z.ZodType>(row: Route<I, O>): Route {
  // Rows of different inputs share one table; each handler still only ever gets what its own schemas parsed.
  return row as unknown as Route;
}
