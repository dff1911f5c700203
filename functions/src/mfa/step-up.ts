import { type AuditLog, identifyActor } from '../audit/index.ts';
import { sessionHash } from '../authn/session-cookie/authenticator.ts';
import { withStepUp } from '../authz/factor-policy.ts';
import type { Principal, PrincipalActor } from '../authz/principal.ts';
import type { Assurance } from '../core/access-types.ts';
import { type DirectoryService, reportingRefusal } from '../directory/index.ts';
import { type FactorProof, type FactorUser, factorUser } from '../passkeys/index.ts';
import type { SecondFactors } from '../pipeline/second-factor.ts';
import type { Platform } from '../platform/platform.ts';
import type { IssuedSession, SessionsService } from '../sessions/index.ts';
import { createStepUps } from './step-ups.ts';

/** What a step-up has raised: the session of the cookie, which has a new value, or the tokens of the sign-in. */
interface SteppedUp {
  readonly assurance: Assurance;
  readonly session?: IssuedSession;
}

/**
 * Raises the session of the cookie, or the bearer tokens of the sign-in, with the proof of a second factor.
 *
 * @param cookie value of the session cookie that the caller has authenticated with
 * @param prove checks what the user `uid` sent, before the transaction that uses it up
 * @throws AppError as {@link factorUser}, `prove` and its part; `version_mismatch` for a cookie value that was rotated;
 *   `invalid_token`, `token_stale`, `unavailable`
 */
type StepUp = (
  actor: PrincipalActor,
  cookie: string | undefined,
  prove: (uid: string) => Promise<FactorProof>,
) => Promise<SteppedUp>;

interface Needs {
  readonly audit: AuditLog;
  readonly directory: DirectoryService;
  readonly sessions: SessionsService;
  /** Has the user unused recovery codes? */
  readonly hasRecoveryCodes: (user: FactorUser) => Promise<boolean>;
}

export function createStepUp(
  { clock, firestore, log }: Pick<Platform, 'clock' | 'firestore' | 'log'>,
  { audit, directory, sessions, hasRecoveryCodes }: Needs,
): { readonly stepUp: StepUp; readonly secondFactors: SecondFactors } {
  const stepUps = createStepUps({ clock, firestore, log }, { audit, directory });
  directory.whenDeleted((uid) => (opened, tx) => stepUps.removeAllIn(opened, tx, uid));
  sessions.takeOverStepUps(stepUps.findIn);

  const secondFactors: SecondFactors = {
    findStepUp: (principal, rolesVersion, options) =>
      hasFactors(principal) ? stepUps.find(principal, rolesVersion, options) : undefined,

    async provableFactors(principal) {
      const { uid, directoryId } = principal;
      if (!hasFactors(principal) || directoryId === undefined) return [];
      // Only the record of a Firebase user has the factors of the account.
      const record = uid === undefined ? directory.find(directoryId) : directory.records.read(uid);
      const { factors = [], created = 0 } = (await record) ?? {};
      const own = factors.filter((kind) => kind !== 'firebase');
      // A factor of Identity Platform counts only for a user who has none of Gatehouse.
      if (own.length === 0) return factors;
      return (await hasRecoveryCodes({ uid: directoryId, created })) ? [...own, 'recovery-code'] : own;
    },
  };

  return {
    secondFactors,
    stepUp(actor, sent, prove) {
      const { principal } = actor;
      const cookie = principal.session === undefined ? undefined : sent;
      const action = cookie === undefined ? 'mfa.step-up' : 'session.step-up';
      const by = identifyActor(actor);
      return reportingRefusal({ log, audit }, { ...by, action, target: by.actor }, async () => {
        const user = factorUser(principal);
        const { method, part } = await prove(user);
        if (cookie === undefined) {
          const proved = await stepUps.write(actor, user, { method, part });
          return { assurance: withStepUp(principal.assurance, proved) };
        }
        const session = await sessions.raise(actor, sessionHash(cookie), { methods: [method], part });
        return { assurance: session.session.assurance, session };
      });
    },
  };
}

/** The step-up of a sign-in is not for another party that acts for its user. */
const hasFactors = ({ kind, actor }: Principal) => kind === 'user' && actor === undefined;
