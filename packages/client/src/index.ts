/** A typed client of the Gatehouse API, for browsers and Node. */
export { type AuthOptions, type Client, type CookieOptions, createClient } from './client.ts';
export type { FirebaseAuth } from './credentials.ts';
export {
  type ErrorCode,
  type FieldError,
  GatehouseError,
  type ProvableFactor,
  type StepUp,
} from './error.ts';
export type { Factor, FactorList, Factors, TotpEnrolment, TotpFactor } from './factors.ts';
export type { Passkeys, SignedIn } from './passkeys.ts';
export type { Assurance, Session, Sessions } from './session.ts';
export type { OnStepUp, StepUpProof, StepUpRequest } from './step-up.ts';
export type { Call, RequestOptions, Send } from './transport.ts';
