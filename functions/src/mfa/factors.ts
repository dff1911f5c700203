import type { AccessRule } from '../authz/access-rule.ts';
import type { PrincipalActor } from '../authz/principal.ts';
import { activeRoles } from '../authz/role-claims.ts';
import type { FactorKind } from '../core/access-types.ts';
import { AppError } from '../core/errors.ts';
import type { DirectoryEntry, DirectoryService } from '../directory/index.ts';
import type { Passkey, PasskeysService } from '../passkeys/index.ts';
import type { TransactionPart } from '../platform/firestore/transaction.ts';
import type { Platform } from '../platform/platform.ts';
import { checkOutranked, withCurrentRoles } from '../users/index.ts';
import type { ChangeFactors } from './factor-changes.ts';
import type { RecoveryCodes } from './recovery-codes-store.ts';
import type { TotpFactor } from './totp-document.ts';
import type { TotpStore } from './totp-store.ts';

export type Factor = TotpFactor | Passkey;

interface Needs {
  readonly changeFactors: ChangeFactors;
  readonly directory: DirectoryService;
  readonly passkeys: Pick<PasskeysService, 'store'>;
  readonly recoveryCodes: RecoveryCodes;
  readonly totp: TotpStore;
}

/** The second factors of users. */
export function createFactors(
  { config }: Pick<Platform, 'config'>,
  { changeFactors, directory, passkeys: { store: passkeys }, recoveryCodes, totp }: Needs,
) {
  /** Deletes what this module has of a user: TOTP factors, also those that are not confirmed, and recovery codes. */
  const removeOwn =
    (uid: string): TransactionPart =>
    async (firestore, tx) => {
      const removeTotp = await totp.removeAllIn(firestore, tx, uid);
      return () => {
        removeTotp();
        recoveryCodes.removeIn(firestore, tx, uid);
      };
    };
  directory.whenDeleted(removeOwn);

  /** Deletes every factor of a user. */
  const removeAll =
    (uid: string): TransactionPart =>
    async (firestore, tx) => {
      const writes = [await removeOwn(uid)(firestore, tx), await passkeys.removeAllIn(firestore, tx, uid)];
      return () => {
        for (const write of writes) write();
      };
    };

  /** The policy does not let users in who have no factor, so the last one stays. */
  function checkNotLast(entry: DirectoryEntry, isLast: boolean, now: number): void {
    const needed = activeRoles(entry.grants, now).find((role) => config.mfa.requireFactorFor.includes(role));
    if (!isLast || needed === undefined) return;
    throw new AppError('last_factor', `Your role ${needed} needs a second factor: enrol another one first.`);
  }

  return {
    /** The caller's factors, oldest first of each kind. Empty without an entry in the directory. */
    async list(actor: PrincipalActor) {
      const { directoryId } = actor.principal;
      const entry = directoryId === undefined ? undefined : await directory.find(directoryId);
      if (entry === undefined) return { factors: [], recoveryCodesLeft: 0 };
      const [ofTotp, ofPasskeys, recoveryCodesLeft] = await Promise.all([
        totp.list(entry),
        passkeys.list(entry),
        recoveryCodes.count(entry),
      ]);
      const factors: Factor[] = [...ofTotp.filter(({ confirmed }) => confirmed), ...ofPasskeys];
      return { factors, recoveryCodesLeft };
    },

    /** @throws AppError `not_found` */
    rename: (actor: PrincipalActor, id: string, name: string): Promise<Factor> =>
      changeFactors<Factor>(
        actor,
        'factor.rename',
        async ({ firestore, tx, totp: ofTotp, passkeys: others }) => {
          const factor = find(ofTotp, others, id);
          const renamed = { ...factor, name };
          return {
            result: renamed,
            after: { factor: id },
            write() {
              if (renamed.kind === 'totp') totp.setIn(firestore, tx, renamed);
              else passkeys.renameIn(firestore, tx, id, name);
            },
          };
        },
      ),

    /** @throws AppError `not_found`; `last_factor` where the policy asks for a factor */
    remove: (actor: PrincipalActor, id: string): Promise<void> =>
      changeFactors<void>(actor, 'factor.delete', async (context) => {
        const { firestore, tx, entry, totp: ofTotp, passkeys: others, now } = context;
        const factor = find(ofTotp, others, id);
        const left = (kind: FactorKind, list: readonly (Factor & { confirmed?: boolean })[]) =>
          list.some((one) => one.id !== id && one.confirmed !== false) ? [kind] : [];
        const factors = [...left('totp', ofTotp), ...left('passkey', others)];
        checkNotLast(entry, factors.length === 0, now);
        return {
          result: undefined,
          factors,
          after: { kind: factor.kind, factor: id },
          write() {
            if (factor.kind === 'totp') totp.removeIn(firestore, tx, id);
            else passkeys.removeIn(firestore, tx, id);
            if (factors.length === 0) recoveryCodes.removeIn(firestore, tx, entry.uid);
          },
        };
      }),

    /** New recovery codes, shown once. The old ones end. @throws AppError `not_found` without a factor */
    createRecoveryCodes: (actor: PrincipalActor): Promise<readonly string[]> =>
      changeFactors(actor, 'recovery-codes.create', async ({ firestore, tx, entry, now }) => {
        if (!entry.factors?.length) throw new AppError('not_found', 'Enrol a second factor first.');
        const { codes, write } = recoveryCodes.createIn(firestore, tx, entry, now);
        return { result: codes, write };
      }),

    /**
     * Deletes the factors of another user, who has lost them, and ends every sign-in of that user: whoever has the factors must not
     * go on with them.
     *
     * @throws AppError `not_found`, `own_account`, `exceeds_own_permissions`, `permission_denied`, `unavailable`
     */
    async reset(actor: PrincipalActor, uid: string, rule: AccessRule): Promise<void> {
      await directory.changeAccess(
        actor,
        { uid, action: 'factor.reset', part: removeAll(uid) },
        (context) => {
          const { entry, now } = context;
          checkOutranked(withCurrentRoles(actor.principal, rule, context), entry, now);
          return { revoke: true, factors: [] };
        },
      );
    },
  };
}

function find(totp: readonly TotpFactor[], passkeys: readonly Passkey[], id: string): Factor {
  const factor = [...totp.filter(({ confirmed }) => confirmed), ...passkeys].find((one) => one.id === id);
  if (factor === undefined) throw new AppError('not_found', 'You have no factor with this id.');
  return factor;
}
