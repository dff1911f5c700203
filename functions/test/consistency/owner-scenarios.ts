import type { DirectoryEntry } from '../../src/directory/entry.ts';
import { actor } from '../helpers/actor.ts';
import { caseCount } from '../helpers/random-cases.ts';
import type { UsersWithRules } from '../helpers/users.ts';
import { NOW } from './scheduled-environment.ts';
import { entryOf } from './seed.ts';

type Change = (users: UsersWithRules, by: string, target: string) => Promise<unknown>;

const demote: Change = (users, by, uid) =>
  users.setRoles(actor(by, ['owner']), { uid, grants: [{ role: 'member' }], version: 1 });
const promote: Change = (users, by, uid) =>
  users.setRoles(actor(by, ['owner']), { uid, grants: [{ role: 'admin' }], version: 1 });
const disable: Change = (users, by, uid) => users.setDisabled(actor(by, ['owner']), uid, true);
const remove: Change = (users, by, uid) => users.remove(actor(by, ['owner']), uid);

/** Owners who change each other at the same time. */
export interface Scenario {
  readonly name: string;
  readonly schedules: number;
  readonly entries: readonly DirectoryEntry[];
  readonly changes: readonly { readonly by: string; readonly target: string; readonly change: Change }[];
  /** The allowed numbers of permanent owners at the end. */
  readonly ownersLeft: readonly number[];
}

const pair = (name: string, schedules: number, ada: Change, bob: Change): Scenario => ({
  name,
  schedules,
  entries: [entryOf('ada', ['owner']), entryOf('bob', ['owner'])],
  changes: [
    { by: 'ada', target: 'bob', change: ada },
    { by: 'bob', target: 'ada', change: bob },
  ],
  ownersLeft: [1],
});

export const mutualDemotion = pair('two owners demote each other', caseCount(1000), demote, demote);

const inAnHour = NOW + 3600;

/** The actors keep their roles here, so only the list of owners can stop the second demotion. */
export const temporaryOwners: Scenario = {
  name: 'two temporary owners demote two permanent ones',
  schedules: 40,
  entries: [
    ...[entryOf('ada', ['owner']), entryOf('bob', ['owner'])],
    ...[entryOf('tim', ['owner'], inAnHour), entryOf('una', ['owner'], inAnHour)],
  ],
  changes: [
    { by: 'tim', target: 'ada', change: demote },
    { by: 'una', target: 'bob', change: demote },
  ],
  ownersLeft: [1],
};

/** The second change does not touch the list of owners, so only the actor's own entry can stop it. */
export const grantDuringDemotion: Scenario = {
  name: 'an owner grants a role while another demotes them',
  schedules: 40,
  entries: [...['ada', 'bob'].map((uid) => entryOf(uid, ['owner'])), entryOf('mia', ['member'])],
  changes: [
    { by: 'ada', target: 'bob', change: demote },
    { by: 'bob', target: 'mia', change: promote },
  ],
  ownersLeft: [1],
};

export const scenarios: readonly Scenario[] = [
  mutualDemotion,
  temporaryOwners,
  grantDuringDemotion,
  pair('one owner demotes, one disables the other', 40, demote, disable),
  pair('one owner demotes, one deletes the other', 40, demote, remove),
  pair('one owner disables, one deletes the other', 40, disable, remove),
  {
    name: 'three owners demote each other in a ring',
    schedules: 40,
    entries: ['ada', 'bob', 'cyd'].map((uid) => entryOf(uid, ['owner'])),
    changes: [
      { by: 'ada', target: 'bob', change: demote },
      { by: 'bob', target: 'cyd', change: demote },
      { by: 'cyd', target: 'ada', change: demote },
    ],
    ownersLeft: [1, 2],
  },
];
