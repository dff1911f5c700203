import type * as z from 'zod';
import { toRfc3339 } from '../core/time.ts';
import { authenticatorName } from './authenticators.ts';
import type { factor } from './factor-schema.ts';
import type { Passkey } from './passkey-document.ts';

/** A passkey, as its user sees it. */
export function toFactorView({
  id,
  name,
  created,
  lastUsed,
  backedUp,
  aaguid,
}: Passkey): z.input<typeof factor> {
  return {
    id,
    kind: 'passkey',
    name,
    created: toRfc3339(created),
    lastUsed: lastUsed === undefined ? undefined : toRfc3339(lastUsed),
    backedUp,
    authenticator: authenticatorName(aaguid),
  };
}
