import { isPrivileged } from '../../src/authz/permissions.ts';
import { ROLES, type Role } from '../../src/authz/roles.ts';
import { seconds } from '../../src/core/clock.ts';
import { showHidden } from '../../src/core/text.ts';
import { importedEntry } from '../../src/directory/entry.ts';
import type { RoleSource } from '../../src/directory/import-users.ts';
import type { Account } from '../../src/platform/firebase-auth/account.ts';
import {
  grantMapped,
  type MapOptions,
  type MappingOutcome,
  matchRules,
  planMapping,
} from '../../src/users/claim-roles.ts';
import { surveyClaims } from '../../src/users/claim-survey.ts';
import type { connect } from '../connect.ts';

type Instance = ReturnType<typeof connect>;

const nameOf = ({ uid, email, phoneNumber }: Account) =>
  showHidden(`${email ?? phoneNumber ?? 'no address'} (${uid})`);

/**
 * Reads all users once: their number, which Firebase Auth does not say, the claims that no rule names, and who would become
 * owner. A thousand a call, that is quick.
 */
export async function surveyUsers({ accounts, services, clock }: Instance, options: MapOptions) {
  const claims = surveyClaims(options.rules);
  /** By uid, as shown to the operator. */
  const owners = new Map<string, string>();
  let total = 0;
  let pageToken: string | undefined;
  do {
    const page = await accounts.list(1000, pageToken);
    total += page.accounts.length;
    for (const account of page.accounts) {
      claims.see(account.claims);
      if (!matchRules(options.rules, account.claims).some(({ role }) => role === 'owner')) continue;
      const entry = await services.directory.find(account.uid);
      const plan = planMapping(options, account, entry ?? importedEntry(account, seconds(clock)));
      const becomesOwner = plan?.outcome === 'granted' && plan.rules.some(({ role }) => role === 'owner');
      if (becomesOwner) owners.set(account.uid, nameOf(account));
    }
    pageToken = page.nextPageToken;
  } while (pageToken !== undefined);
  return { total, claims, owners };
}

const WHY: Readonly<Record<Exclude<MappingOutcome, 'granted' | 'held'>, string>> = {
  decided: 'a person or an earlier import has decided on their roles',
  disabled: 'they are disabled; --force grants nevertheless',
  unverified: 'they have no verified e-mail address for a privileged role; --force grants nevertheless',
  'too-large': 'their custom claims would take more than 1,000 bytes',
  unconfirmed: 'they would be owner, and this was not confirmed',
};

/** Takes over the roles of other claims, and keeps what it does for the summary. */
export function takeOverRoles({ services: { directory }, clock }: Instance, options: MapOptions) {
  const granted = new Map<Role, string[]>();
  const left = new Map<string, string[]>();
  const source: RoleSource = {
    isFor(account, entry) {
      const plan = planMapping(options, account, entry);
      if (plan?.outcome === 'granted')
        for (const { role } of plan.rules) append(granted, role, nameOf(account));
      else if (plan) append(left, plan.outcome, nameOf(account));
      return plan?.outcome === 'granted';
    },
    provision: (account) => grantMapped({ directory, clock }, options, account),
  };
  return {
    source,
    /** @param verb as in "2 admin {verb} --map" */
    *lines(verb: string): Generator<string> {
      const roles = [...granted].toSorted(([a], [b]) => a.localeCompare(b));
      const counts = roles.map(([role, users]) => `${users.length} ${role}`);
      yield `Roles that --map ${verb}: ${counts.join(', ') || 'none'}. ${left.get('held')?.length ?? 0} users had them before.`;
      for (const [role, users] of roles) {
        const isListed = ROLES[role].some((permission) => isPrivileged(permission));
        if (isListed) for (const user of users) yield `  ${role}: ${user}`;
      }
      for (const [outcome, why] of Object.entries(WHY)) {
        const users = left.get(outcome) ?? [];
        if (users.length > 0) yield `Not granted, because ${why}:`;
        for (const user of users) yield `  ${user}`;
      }
    },
  };
}

function append<Key>(lists: Map<Key, string[]>, key: Key, item: string): void {
  const list = lists.get(key);
  if (list) list.push(item);
  else lists.set(key, [item]);
}
