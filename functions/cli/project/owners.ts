import * as z from 'zod';
import { call, type ProjectAccess } from './request.ts';

/** A user with the role `owner`. */
export interface Owner {
  readonly uid: string;
  readonly email: string | undefined;
  readonly isEmailVerified: boolean;
  /** Disabled in the directory or in Firebase Auth, or without an account there. External users have none. */
  readonly isDisabled: boolean;
}

const value = z.object({ stringValue: z.string().optional(), booleanValue: z.boolean().optional() });
const rows = z.array(
  z.object({
    document: z
      .object({ name: z.string(), fields: z.record(z.string(), z.unknown()).default({}) })
      .optional(),
  }),
);
const accounts = z.object({
  users: z
    .array(
      z.object({
        localId: z.string(),
        email: z.string().optional(),
        emailVerified: z.boolean().default(false),
        disabled: z.boolean().default(false),
      }),
    )
    .default([]),
});

/** More than a project should have. */
const LIMIT = 50;

/** @throws ApiError */
export async function readOwners(access: ProjectAccess, databaseId: string): Promise<readonly Owner[]> {
  const documents = `v1/projects/${access.projectId}/databases/${databaseId}/documents`;
  const where = {
    fieldFilter: { field: { fieldPath: 'roles' }, op: 'ARRAY_CONTAINS', value: { stringValue: 'owner' } },
  };
  const structuredQuery = { from: [{ collectionId: 'directory' }], where, limit: LIMIT };
  const body = { structuredQuery };
  const found = await call(access, ['firestore', `${documents}:runQuery`], rows, { body });
  const entries = found.flatMap(({ document }) =>
    document ? [{ uid: document.name.split('/').at(-1) ?? '', fields: document.fields }] : [],
  );
  const localId = entries.filter(({ fields }) => !('identity' in fields)).map(({ uid }) => uid);
  const lookup = ['identity', `v1/projects/${access.projectId}/accounts:lookup`] as const;
  const { users } =
    localId.length > 0 ? await call(access, lookup, accounts, { body: { localId } }) : { users: [] };
  return entries.map(({ uid, fields }) => {
    const isDisabled = value.safeParse(fields.disabled).data?.booleanValue ?? false;
    if ('identity' in fields) return { uid, email: undefined, isEmailVerified: false, isDisabled };
    const account = users.find((user) => user.localId === uid);
    return {
      uid,
      email: account?.email,
      isEmailVerified: account?.emailVerified ?? false,
      isDisabled: isDisabled || !account || account.disabled,
    };
  });
}
