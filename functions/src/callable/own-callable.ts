import type { CallableOptions } from 'firebase-functions/https';
import { type AccessRule, needsFreshRecord } from '../authz/access-rule.ts';
import type { Principal } from '../authz/principal.ts';
import { parseStandard } from '../core/parse-input.ts';
import type { InputOf, OutputOf, StandardSchema } from '../core/standard-schema.ts';
import { type CallDeps, shadowOf } from '../pipeline/call.ts';
import { guard } from '../pipeline/guard.ts';
import type { EndpointLimit } from '../pipeline/rate-limit.ts';
import { type CallHandler, createCallable } from './callable.ts';

/** A callable function of an adopter. */
export interface OwnCallable<Input extends StandardSchema, Output extends StandardSchema> {
  readonly access: AccessRule;
  readonly input: Input;
  /** Schema of the answer; `null`: no content. */
  readonly output: Output | null;
  /** Does shadow mode apply? For a function that served everyone before. */
  readonly allowShadow?: boolean | undefined;
  readonly rateLimit?: EndpointLimit | undefined;
  run(
    input: OutputOf<Input>,
    context: { readonly principal: Principal; readonly requestId: string },
  ): InputOf<Output> | Promise<InputOf<Output>>;
}

/** @param name for the log */
export function createOwnCallable<Input extends StandardSchema, Output extends StandardSchema>(
  name: string,
  { access, input, output, run, allowShadow, rateLimit }: OwnCallable<Input, Output>,
  options: CallableOptions,
  getDeps: () => CallDeps,
) {
  const answer: CallHandler['answer'] = async (deps, call) => {
    const { request, requestId, decided, csrf, setCookie } = call;
    const inShadow = shadowOf(deps, requestId, allowShadow);
    const principal = await guard(deps, {
      ...{ request, requestId, decided, csrf, setCookie, access },
      ...{ changes: true, inShadow, rateLimit },
    });
    const sent = await parseStandard(input, call.readInput(), call.locate);
    const answered = await run(sent, { principal, requestId });
    if (output === null) return undefined;
    const valid = await output['~standard'].validate(answered);
    if (valid.issues === undefined) return valid.value;
    throw new Error(`the answer does not match its schema: ${valid.issues[0]?.message}`);
  };
  // `onCall` accepts every origin.
  const inShadow: CallHandler['inShadow'] = ({ config }) =>
    allowShadow === true && config.enforcement === 'shadow' && !needsFreshRecord(access);
  // The SDK has read the body already; the schema says what is too large.
  const handler = { name, maxBodyBytes: Number.POSITIVE_INFINITY, inShadow, answer };
  return createCallable(handler, options, getDeps);
}
