import type { FieldOverride, Index } from '../../../functions/cli/project/firestore.ts';
import { SERVER_COLLECTIONS } from '../../../functions/cli/rules/check-rules.ts';
import { isField, needsTtl } from './collection-groups.ts';
import type { Item } from './items.ts';
import type { Live } from './live.ts';
import type { FieldSpec, IndexSpec, Wanted } from './wanted.ts';

export interface Installation {
  /** Whether functions of ours are deployed, so that what belongs to our collections is ours. */
  isInstalled: boolean;
  accepted: ReadonlySet<string>;
}

const DEFAULT_LOCATION = 'nam5'; // of the Firebase CLI, lib/deploy/firestore/prepare.js

type Field = { fieldPath: string; order?: string | undefined; arrayConfig?: string | undefined };
const textOf = ({ fieldPath, order, arrayConfig }: Field) => `${fieldPath} ${order ?? arrayConfig}`;

/** Without `__name__` at the end, which Firestore adds. */
const fieldsOf = (fields: readonly Field[]) =>
  fields
    .filter(({ fieldPath }, n) => fieldPath !== '__name__' || n < fields.length - 1)
    .map(textOf)
    .join(', ');

const isIndex = (spec: IndexSpec, { collectionGroup, queryScope, fields }: Index) =>
  spec.collectionGroup === collectionGroup &&
  (spec.queryScope ?? 'COLLECTION') === queryScope &&
  fieldsOf(spec.fields) === fieldsOf(fields);

function isAsWanted({ ttl, indexes }: FieldSpec, found: FieldOverride): boolean {
  const modes = found.indexes.flatMap(({ fields: [first] }) => first?.order ?? first?.arrayConfig ?? []);
  const wanted = indexes.map(({ order, arrayConfig }) => order ?? arrayConfig);
  return (!ttl || found.ttl !== undefined) && modes.toSorted().join() === wanted.toSorted().join();
}

/** A TTL policy holds for all collections of a name, at any depth, whoever writes them. */
function askAboutTtl(spec: FieldSpec, { fields, collections }: Live): Pick<Item, 'why' | 'key'> {
  const { collectionGroup, fieldPath } = spec;
  const isUnused = collections?.includes(collectionGroup) === false;
  if (isUnused || !needsTtl(spec, fields)) return {};
  const state = collections
    ? 'hold documents'
    : 'may hold documents, which your account may not read (datastore.entities.list)';
  const why = `collections ${collectionGroup} ${state}. If they are of another app, it loses each after the time in ${fieldPath}: set DATABASE_ID, docs/guides/own-database.md`;
  return { why, key: `ttl:${collectionGroup}` };
}

/** Settings that another app may have made for a field stay, unless they are accepted to change. */
export function planField(spec: FieldSpec, live: Live, { isInstalled, accepted }: Installation): Item {
  const name = `${spec.collectionGroup}.${spec.fieldPath}`;
  const what = `${spec.ttl ? 'TTL policy' : 'indexes'} of field ${name}`;
  const found = live.fields.find((one) => isField(one, spec));
  if (!found) return { action: 'create', what, ...askAboutTtl(spec, live) };
  if (isAsWanted(spec, found)) return { action: 'leave', what };
  const isOurs = isInstalled && SERVER_COLLECTIONS.some((one) => one === spec.collectionGroup);
  if (isOurs || accepted.has(`field:${name}`)) return { action: 'change', what, ...askAboutTtl(spec, live) };
  return { action: 'leave', what, why: `it has other settings. To change them: --accept field:${name}` };
}

/** The Firebase CLI creates a missing database, also for rules alone. */
export function planDatabase(
  { databaseId, location = DEFAULT_LOCATION }: Wanted,
  { database }: Live,
): Item[] {
  const what = `Firestore database ${databaseId}`;
  if (database?.type === 'DATASTORE_MODE') {
    return [{ action: 'refuse', what, why: 'it is in Datastore mode: set DATABASE_ID to another one' }];
  }
  if (database) return [];
  const why =
    'a location cannot be changed later. Set firestore.location in firebase.json, or create it yourself';
  return [{ action: 'create', what: `${what} in ${location}`, why, key: 'database' }];
}

export function planIndexes(wanted: Wanted, live: Live, installation: Installation): Item[] {
  const { isInstalled } = installation;
  if (!live.database) return []; // they are created with it
  const used = isInstalled ? [] : (live.collections ?? []);
  const foreign = [
    ...live.indexes.filter((index) => !wanted.indexes.some((spec) => isIndex(spec, index))),
    ...live.fields.filter((field) => !wanted.fields.some((spec) => isField(spec, field))),
  ];
  return [
    ...(used.length > 0
      ? [
          {
            ...({ action: 'change', what: `collections ${used.join(', ')}` } as const),
            why: 'they hold documents, but no function of ours is deployed. If they are of another app, set DATABASE_ID: ours must not share them. If you have imported users, accept it',
            key: 'collections',
          },
        ]
      : []),
    ...wanted.indexes.map((spec): Item => {
      const what = `index of ${spec.collectionGroup}: ${fieldsOf(spec.fields)}`;
      return { action: live.indexes.some((index) => isIndex(spec, index)) ? 'leave' : 'create', what };
    }),
    ...wanted.fields.map((spec) => planField(spec, live, installation)),
    ...(foreign.length > 0
      ? [
          {
            action: 'leave',
            what: `${foreign.length} indexes and field settings`,
            why: 'they are not ours',
          } as const,
        ]
      : []),
  ];
}
