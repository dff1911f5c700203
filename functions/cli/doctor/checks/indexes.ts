import * as z from 'zod';
import ours from '../../../../firestore.indexes.json' with { type: 'json' };
import { SERVER_COLLECTIONS } from '../../rules/check-rules.ts';
import type { Check } from '../check.ts';
import { type Finding, finding } from '../findings.ts';
import { readJson } from '../project-files.ts';
import { deployedFile } from './database-settings.ts';
import { existingDatabase } from './setup.ts';

const field = z.object({
  fieldPath: z.string(),
  order: z.string().optional(),
  arrayConfig: z.string().optional(),
});
const index = z.object({
  collectionGroup: z.string(),
  queryScope: z.string().default('COLLECTION'),
  fields: z.array(field),
});
const override = z.object({
  collectionGroup: z.string(),
  fieldPath: z.string(),
  ttl: z.boolean().default(false),
});
const indexesJson = z.object({
  indexes: z.array(index).default([]),
  fieldOverrides: z.array(override).default([]),
});

const needed = indexesJson.parse(ours);
const isOurs = ({ collectionGroup }: { collectionGroup: string }) =>
  (SERVER_COLLECTIONS as readonly string[]).includes(collectionGroup);
const INDEXES = needed.indexes.filter(isOurs);
const TTLS = needed.fieldOverrides.filter((one) => one.ttl && isOurs(one));

/** Names an index by its fields. Firestore adds `__name__` by itself. */
function textOf({ collectionGroup, queryScope, fields }: z.infer<typeof index>): string {
  const parts = fields
    .filter(({ fieldPath }) => fieldPath !== '__name__')
    .map(({ fieldPath, order, arrayConfig }) => `${fieldPath} ${(order ?? arrayConfig ?? '').toLowerCase()}`);
  const group = queryScope === 'COLLECTION' ? '' : ` (${queryScope})`;
  return `${collectionGroup}${group}: ${parts.join(', ')}`;
}

const nameOf = ({ collectionGroup, fieldPath }: { collectionGroup: string; fieldPath: string }) =>
  `${collectionGroup}.${fieldPath}`;

const missingIndex = (where: string, text: string, fix: string) =>
  finding('index-missing', `${where} has no index on ${text}`, fix);
const missingTtl = (where: string, name: string, fix: string) =>
  finding('ttl-missing', `${where} has no TTL policy on ${name}, so these documents are kept for ever`, fix);

export const indexesInFiles: Check = {
  name: 'indexes in files',
  reads: 'files',
  run(subject) {
    const { path, name: file } = deployedFile(subject, 'indexes');
    const { indexes, fieldOverrides } = readJson(path, indexesJson);
    const present = new Set(indexes.map(textOf));
    const ttls = new Set(fieldOverrides.filter(({ ttl }) => ttl).map(nameOf));
    const fix = `Copy it from firestore.indexes.json of Gatehouse to ${file}.`;
    return [
      ...INDEXES.map(textOf)
        .filter((text) => !present.has(text))
        .map((text) => missingIndex(file, text, fix)),
      ...TTLS.map(nameOf)
        .filter((name) => !ttls.has(name))
        .map((name) => missingTtl(file, name, fix)),
    ];
  },
};

const DEPLOY = 'Deploy the indexes: firebase deploy --only firestore:indexes';

export const liveIndexes: Check = {
  name: 'indexes',
  reads: 'project',
  async run(subject) {
    const databaseId = await existingDatabase(subject);
    const found = await subject.live.indexes(databaseId);
    const stateOf = new Map(found.map((one) => [textOf({ ...one, fields: [...one.fields] }), one.state]));
    const where = `the database ${databaseId}`;
    return INDEXES.map(textOf).flatMap((text): Finding[] => {
      if (!stateOf.has(text)) return [missingIndex(where, text, DEPLOY)];
      const state = stateOf.get(text) ?? 'READY';
      if (state === 'READY') return [];
      const fix =
        state === 'CREATING' ? 'Wait until it is built.' : 'Delete it and deploy the indexes again.';
      return [finding('index-not-ready', `the index on ${text} in ${databaseId} is ${state}`, fix)];
    });
  },
};

const SHARED =
  'The policy deletes documents of another app, too, if it has collections of that name in this database.';

export const liveTtls: Check = {
  name: 'TTL policies',
  reads: 'project',
  async run(subject) {
    const databaseId = await existingDatabase(subject);
    const found = await subject.live.fieldOverrides(databaseId);
    const present = new Set(found.filter(({ ttl }) => ttl !== undefined).map(nameOf));
    return TTLS.map(nameOf)
      .filter((name) => !present.has(name))
      .map((name) => missingTtl(`the database ${databaseId}`, name, `${DEPLOY}. ${SHARED}`));
  },
};
