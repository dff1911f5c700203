import * as z from 'zod';
import { call, callPages, type ProjectAccess, pageOf, unlessMissing } from './request.ts';

export interface Database {
  readonly location: string | undefined;
  /** `FIRESTORE_NATIVE` or `DATASTORE_MODE`. */
  readonly type: string | undefined;
  /** `STANDARD` or `ENTERPRISE`. */
  readonly edition: string;
}

export interface IndexField {
  readonly fieldPath: string;
  readonly order?: string | undefined;
  readonly arrayConfig?: string | undefined;
}

export interface Index {
  readonly name: string;
  readonly collectionGroup: string;
  readonly queryScope: string;
  /** With `__name__`, which Firestore adds. */
  readonly fields: readonly IndexField[];
  /** `READY`, `CREATING` or `NEEDS_REPAIR`. */
  readonly state: string | undefined;
}

/** A field with settings of its own. */
export interface FieldOverride {
  readonly name: string;
  readonly collectionGroup: string;
  readonly fieldPath: string;
  /** Of the TTL policy: `ACTIVE`, `CREATING` or `NEEDS_REPAIR`; undefined without one. */
  readonly ttl: string | undefined;
  readonly indexes: readonly {
    readonly queryScope?: string | undefined;
    readonly fields: readonly IndexField[];
  }[];
}

const field = z.object({
  fieldPath: z.string(),
  order: z.string().optional(),
  arrayConfig: z.string().optional(),
});
const index = z.object({
  name: z.string().optional(),
  queryScope: z.string().optional(),
  fields: z.array(field).default([]),
  state: z.string().optional(),
});
const database = z.object({
  locationId: z.string().optional(),
  type: z.string().optional(),
  databaseEdition: z.string().default('STANDARD'),
});
const indexes = pageOf({ indexes: z.array(index.extend({ name: z.string() })).optional() });
const fields = pageOf({
  fields: z
    .array(
      z.object({
        name: z.string(),
        indexConfig: z.object({ indexes: z.array(index).optional() }).optional(),
        ttlConfig: z.object({ state: z.string().default('CREATING') }).optional(),
      }),
    )
    .optional(),
});

const pathOf = ({ projectId }: ProjectAccess, databaseId: string) =>
  `v1/projects/${projectId}/databases/${databaseId}`;

/** Undefined when the project does not have it. @throws ApiError */
export async function readDatabase(access: ProjectAccess, databaseId: string): Promise<Database | undefined> {
  const answer = call(access, ['firestore', pathOf(access, databaseId)], database);
  const found = await unlessMissing(answer);
  return found && { location: found.locationId, type: found.type, edition: found.databaseEdition };
}

/** The composite indexes. @throws ApiError */
export async function readIndexes(access: ProjectAccess, databaseId: string): Promise<readonly Index[]> {
  const path = `${pathOf(access, databaseId)}/collectionGroups/-/indexes`;
  const pages = await callPages(access, ['firestore', path], indexes);
  return pages
    .flatMap((page) => page.indexes ?? [])
    .map(({ name, queryScope = 'COLLECTION', state, ...rest }) => {
      return { name, collectionGroup: name.split('/')[5] ?? '', queryScope, state, fields: rest.fields };
    });
}

/** The TTL policies and the fields with single-field indexes of their own. @throws ApiError */
export async function readFieldOverrides(
  access: ProjectAccess,
  databaseId: string,
): Promise<readonly FieldOverride[]> {
  const path = `${pathOf(access, databaseId)}/collectionGroups/-/fields`;
  // The filter of the Firebase CLI (`lib/firestore/api.js`).
  const filter = 'indexConfig.usesAncestorConfig=false OR ttlConfig:*';
  const pages = await callPages(access, ['firestore', path], fields, { filter });
  return (
    pages
      .flatMap((page) => page.fields ?? [])
      // The settings of the database itself.
      .filter(({ name }) => !name.includes('/__default__/'))
      .map(({ name, indexConfig, ttlConfig }) => {
        const [, , , , , collectionGroup = '', , ...fieldPath] = name.split('/');
        return {
          name,
          collectionGroup,
          fieldPath: fieldPath.join('/'),
          ttl: ttlConfig?.state,
          indexes: indexConfig?.indexes ?? [],
        };
      })
  );
}

const rows = z.array(z.object({ document: z.object({}).optional() }));

/** Those of the collection groups that hold a document, at any depth. @throws ApiError */
export async function readUsedCollections(
  access: ProjectAccess,
  databaseId: string,
  names: readonly string[],
): Promise<readonly string[]> {
  const path = `${pathOf(access, databaseId)}/documents:runQuery`;
  const found = await Promise.all(
    names.map(async (collectionId) => {
      const select = { fields: [{ fieldPath: '__name__' }] };
      const structuredQuery = { from: [{ collectionId, allDescendants: true }], select, limit: 1 };
      const answer = await call(access, ['firestore', path], rows, { body: { structuredQuery } });
      return answer.some(({ document }) => document) ? [collectionId] : [];
    }),
  );
  return found.flat();
}
