import type { RoleClaims } from '../../authz/role-claims.ts';
import { AppError } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json.ts';

/** https://firebase.google.com/docs/auth/admin/custom-claims: the payload must not exceed 1000 bytes. */
const MAX_CLAIMS_BYTES = 1000;

/**
 * The custom claims to write: the role claims replaced, those of other code kept. Measured in UTF-8 bytes, as the server
 * does; the SDK counts characters.
 *
 * @throws AppError `claims_too_large`
 */
export function mergeClaims(claims: JsonObject, access: RoleClaims): Record<string, unknown> {
  const { rx: _, ...others } = claims;
  const merged = { ...others, ...access };
  const bytes = Buffer.byteLength(JSON.stringify(merged));
  if (bytes > MAX_CLAIMS_BYTES) {
    throw new AppError(
      'claims_too_large',
      `The custom claims would take ${bytes} of ${MAX_CLAIMS_BYTES} bytes.`,
    );
  }
  return merged;
}
