import { randomUUID } from 'node:crypto';
import type { AuthenticatorTransport, PublicKeyCredentialCreationOptionsJSON } from '@simplewebauthn/server';
import { type AuditEvent, type AuditLog, auditEventRef, identifyActor } from '../audit/index.ts';
import type { PrincipalActor } from '../authz/principal.ts';
import { AppError } from '../core/errors.ts';
import { type DirectoryService, reportingRefusal } from '../directory/index.ts';
import { runOnce } from '../platform/firestore/transaction.ts';
import type { Platform } from '../platform/platform.ts';
import { authenticatorName } from './authenticators.ts';
import { CHALLENGE_LIFETIME, type Challenges } from './challenges.ts';
import { checkFactorChange, factorUser, withKind } from './factor-user.ts';
import { type Passkey, passkeyIdOf, passkeyRef, toDocument } from './passkey-document.ts';
import type { PasskeyStore } from './passkey-store.ts';
import type { RegistrationResponse } from './response-schema.ts';
import { userHandleOf } from './user-handle.ts';
import { ALGORITHMS, verifyRegistration } from './verify.ts';

/** Passkeys of a user: more than anyone has devices, and few enough to send to a browser. */
const MAX_PASSKEYS = 20;

interface Needs {
  readonly audit: AuditLog;
  readonly directory: DirectoryService;
  readonly challenges: Challenges;
  readonly store: PasskeyStore;
}

/** Adds passkeys to the signed-in user. */
export function createRegistration(
  { config, firestore: open, log }: Pick<Platform, 'config' | 'firestore' | 'log'>,
  { audit, directory, challenges, store }: Needs,
) {
  return {
    /** Options for `navigator.credentials.create()`. @throws AppError `permission_denied`, `too_many_factors`, `unavailable` */
    async options(actor: PrincipalActor): Promise<PublicKeyCredentialCreationOptionsJSON> {
      const user = factorUser(actor.principal);
      const entry = checkFactorChange(await directory.find(user), actor);
      const passkeys = await store.list(entry);
      checkNumber(passkeys);
      const { generateRegistrationOptions } = await import('@simplewebauthn/server');
      const options = await generateRegistrationOptions({
        rpName: config.mfa.productName,
        rpID: config.passkeys.rpId,
        userID: userHandleOf(user),
        userName: entry.email ?? entry.phoneNumber ?? entry.displayName ?? user,
        userDisplayName: entry.displayName ?? '',
        timeout: CHALLENGE_LIFETIME * 1000,
        attestationType: 'none',
        excludeCredentials: passkeys.map(toDescriptor),
        authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
        supportedAlgorithmIDs: ALGORITHMS,
      });
      await challenges.store(options.challenge, { ceremony: 'registration', user });
      return options;
    },

    /**
     * Adds the passkey of a response to the user.
     *
     * @param name default: that of the authenticator
     * @throws AppError as {@link checkFactorChange}; `invalid_factor`, `already_exists`, `too_many_factors`, `unavailable`
     */
    async add(actor: PrincipalActor, response: RegistrationResponse, name?: string): Promise<Passkey> {
      const user = factorUser(actor.principal);
      const about = { ...identifyActor(actor), action: 'factor.enrol', target: user } as const;
      const eventId = randomUUID();
      return reportingRefusal({ log, audit }, about, async () => {
        const { challenge, ...verified } = await verifyRegistration(config, response);
        const id = passkeyIdOf(verified.credentialId);
        const event: AuditEvent = { ...about, outcome: 'done', after: { factor: id, kind: 'passkey' } };
        const marker = (firestore: Parameters<typeof auditEventRef>[0]) => auditEventRef(firestore, eventId);
        const added = await runOnce('passkeys.add', open, marker, async (firestore, tx) => {
          const used = await challenges.readIn(firestore, tx, challenge, { ceremony: 'registration', user });
          const entry = checkFactorChange((await directory.readIn(firestore, tx, user)).entry, actor);
          checkNumber(await store.listIn(firestore, tx, entry));
          const ref = passkeyRef(firestore, id);
          if ((await tx.get(ref)).exists) throw new AppError('already_exists', 'This passkey is registered.');
          const passkey: Passkey = {
            ...verified,
            ...{ id, user, kind: 'passkey' },
            // Firebase Auth has another clock, and a deleted user may come back in this second.
            created: Math.max(used.now, entry.created),
            name: name ?? authenticatorName(verified.aaguid) ?? 'Passkey',
            transports: response.response.transports ?? [],
          };
          used.use();
          tx.create(ref, toDocument(passkey));
          directory.writeFactorsIn(firestore, tx, user, withKind(entry, 'passkey'));
          audit.append(firestore, tx, event, eventId);
          return passkey;
        });
        log.change(event);
        return added;
      });
    },
  };
}

/** As `allowCredentials` and `excludeCredentials` have it. */
export function toDescriptor({ credentialId, transports }: Passkey) {
  // As the browser named them at the registration; browsers ignore what they do not know.
  return { id: credentialId, transports: transports as AuthenticatorTransport[] };
}

function checkNumber(passkeys: readonly Passkey[]): void {
  if (passkeys.length >= MAX_PASSKEYS)
    throw new AppError('too_many_factors', `You have ${MAX_PASSKEYS} passkeys. Delete one first.`);
}
