import { GatehouseError, type StepUp } from './error.ts';

/** What the user proves. `passkey`: the client runs the dialog of the browser. */
export type StepUpProof =
  | { readonly totp: string }
  | { readonly recoveryCode: string }
  | { readonly passkey: true };

export interface StepUpRequest extends StepUp {
  /** Why the previous proof failed: a wrong code, a dialog that was closed. */
  readonly error?: unknown;
}

/**
 * Asks the user for a second factor. It must not wait for a request of the client that needs a step-up itself.
 *
 * @returns `signed-in`: the user has signed in again. undefined: they gave up, and the request fails
 */
export type OnStepUp = (required: StepUpRequest) => Promise<StepUpProof | 'signed-in' | undefined>;

/** A handler without a person may answer with the same wrong code for ever. */
const MAX_PROOFS = 5;

/**
 * Asks for a proof until one is accepted. Requests that need one at the same time share it.
 *
 * @returns whether the request can be sent again
 */
export function createProver(onStepUp: OnStepUp, stepUp: (proof: StepUpProof) => Promise<unknown>) {
  let pending: Promise<boolean> | undefined;

  async function prove(required: StepUp): Promise<boolean> {
    let failed: { readonly error?: unknown } = {};
    for (let proofs = 0; proofs < MAX_PROOFS; proofs++) {
      const proof = await onStepUp({ ...required, ...failed });
      if (proof === undefined) return false;
      if (proof === 'signed-in') return true;
      try {
        await stepUp(proof);
        return true;
      } catch (error) {
        if (error instanceof GatehouseError && error.status === 401) throw error; // signed out meanwhile
        failed = { error };
      }
    }
    return false;
  }

  return (required: StepUp): Promise<boolean> => {
    pending ??= prove(required).finally(() => {
      pending = undefined;
    });
    return pending;
  };
}
