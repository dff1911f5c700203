import { csrfTokenOf } from '../../src/authn/session-cookie/csrf.ts';
import type { Role } from '../../src/authz/roles.ts';
import type { Assurance, FactorKind } from '../../src/core/access-types.ts';
import { ORIGIN } from './api.ts';
import type { TestInstance } from './open-instance.ts';
import { cookieValue, openSessionPort, readSessionOf, sessionOf, withSessions } from './session-port.ts';

/** A user of one role, with what they can prove and have proved. */
export interface FactorHolder {
  readonly role: Role;
  readonly factors?: readonly FactorKind[];
  /** Have they proved a second factor just now? */
  readonly isProved?: boolean;
}

const now = () => Math.floor(Date.now() / 1000);
const proof = (): Assurance => ({ level: 'aal2', at: now(), methods: ['password', 'totp'] });

/** `requireFactorFor` of the tests. */
export const HOLDERS = ['owner', 'admin'] as const satisfies readonly Role[];
export const POLICY = { mfa: { requireFactorFor: HOLDERS } };

/** Both kinds of credentials of users of each role. The test decides about their step-ups. */
export function openHolders() {
  const port = openSessionPort();
  let current: FactorHolder | undefined;
  return {
    rewire: <Deps extends TestInstance>(deps: Deps): Deps => ({
      ...withSessions(deps, port),
      accessRecords: {
        ...deps.accessRecords,
        read: async (uid: string) => {
          const record = await deps.accessRecords.read(uid);
          return record && { ...record, factors: current?.factors };
        },
      },
      secondFactors: {
        findStepUp: () => (current?.isProved ? proof() : undefined),
        provableFactors: async () => current?.factors ?? [],
      },
    }),

    /** The headers of a request of this user, with each kind of credential. */
    credentials(holder: FactorHolder, token: string): Record<'bearer' | 'cookie', Record<string, string>> {
      current = holder;
      const { role, factors, isProved } = holder;
      const who = { id: `device-${role}`, subject: role, directoryId: role, uid: role };
      const session = sessionOf(now(), { ...who, ...(isProved && { assurance: proof() }) });
      const mark = `${role}-${isProved}-${factors}`;
      port.put(mark, readSessionOf(session, { grants: [{ role }], factors }));
      const cookie = {
        Cookie: `__session=${cookieValue(mark)}`,
        Origin: ORIGIN,
        'X-CSRF-Token': csrfTokenOf(session),
      };
      return { bearer: { Authorization: `Bearer ${token}` }, cookie };
    },
  };
}
