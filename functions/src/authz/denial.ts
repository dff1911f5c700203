import { AppError } from '../core/errors.ts';
import type { Denial } from './decide.ts';

/** The error that a caller gets for a denied decision. */
export function toDenialError(denial: Denial): AppError {
  switch (denial.reason) {
    case 'anonymous':
      return new AppError('unauthenticated', 'Send an Authorization header: Bearer <ID token>.');
    case 'missing-permission':
      return new AppError('permission_denied', `This needs the permission ${denial.missing}.`, {
        missing: denial.missing,
      });
    case 'not-own':
      // The same answer as for a resource that does not exist, so that ids cannot be guessed.
      return new AppError('not_found', 'There is no such thing, or it is not yours.');
    case 'step-up-required': {
      const { assurance, maxAge } = denial.needed;
      const how = assurance === 'aal2' ? 'Sign in again with a second factor.' : 'Sign in again.';
      return new AppError('step_up_required', how, { stepUp: { assurance, maxAge } });
    }
  }
}
