import type { DirectoryEntry } from '../../src/directory/entry.ts';
import { actor } from '../helpers/actor.ts';
import { caseCount } from '../helpers/random-cases.ts';
import type { UsersWithRules } from '../helpers/users.ts';
import { NOW } from './scheduled-environment.ts';
import { entryOf } from './seed.ts';

type Attack = (users: UsersWithRules, by: string, target: string) => Promise<unknown>;

const demote: Attack = (users, by, uid) =>
  users.setRoles(actor(by, ['owner']), { uid, grants: [{ role: 'member' }], version: 1 });
const promote: Attack = (users, by, uid) =>
  users.setRoles(actor(by, ['owner']), { uid, grants: [{ role: 'admin' }], version: 1 });
const disable: Attack = (users, by, uid) => users.setDisabled(actor(by, ['owner']), uid, true);
const remove: Attack = (users, by, uid) => users.remove(actor(by, ['owner']), uid);

/** Owners who go at each other, all at once. */
export interface Scenario {
  readonly name: string;
  readonly schedules: number;
  readonly entries: readonly DirectoryEntry[];
  readonly attacks: readonly { readonly by: string; readonly target: string; readonly attack: Attack }[];
  /** How many owners for good may be left. */
  readonly left: readonly number[];
}

const pair = (name: string, schedules: number, ada: Attack, bob: Attack): Scenario => ({
  name,
  schedules,
  entries: [entryOf('ada', ['owner']), entryOf('bob', ['owner'])],
  attacks: [
    { by: 'ada', target: 'bob', attack: ada },
    { by: 'bob', target: 'ada', attack: bob },
  ],
  left: [1],
});

export const mutualDemotion = pair('two owners who demote each other', caseCount(1000), demote, demote);

const inAnHour = NOW + 3600;

/** What the actors may do does not change here: the list of owners is all that stands against it. */
export const temporaryOwners: Scenario = {
  name: 'two owners for an hour who demote the two for good',
  schedules: 40,
  entries: [
    ...[entryOf('ada', ['owner']), entryOf('bob', ['owner'])],
    ...[entryOf('tim', ['owner'], inAnHour), entryOf('una', ['owner'], inAnHour)],
  ],
  attacks: [
    { by: 'tim', target: 'ada', attack: demote },
    { by: 'una', target: 'bob', attack: demote },
  ],
  left: [1],
};

/** The list of owners has no part in what the second does: only their own record stands against it. */
export const grantDuringDemotion: Scenario = {
  name: 'an owner who gives a role while another one demotes them',
  schedules: 40,
  entries: [...['ada', 'bob'].map((uid) => entryOf(uid, ['owner'])), entryOf('mia', ['member'])],
  attacks: [
    { by: 'ada', target: 'bob', attack: demote },
    { by: 'bob', target: 'mia', attack: promote },
  ],
  left: [1],
};

export const scenarios: readonly Scenario[] = [
  mutualDemotion,
  temporaryOwners,
  grantDuringDemotion,
  pair('two owners of whom one demotes and one disables the other', 40, demote, disable),
  pair('two owners of whom one demotes and one deletes the other', 40, demote, remove),
  pair('two owners of whom one disables and one deletes the other', 40, disable, remove),
  {
    name: 'three owners who demote each other in a ring',
    schedules: 40,
    entries: ['ada', 'bob', 'cyd'].map((uid) => entryOf(uid, ['owner'])),
    attacks: [
      { by: 'ada', target: 'bob', attack: demote },
      { by: 'bob', target: 'cyd', attack: demote },
      { by: 'cyd', target: 'ada', attack: demote },
    ],
    left: [1, 2],
  },
];
