import { randomUUID } from 'node:crypto';
import type { DocumentData, Firestore } from '@google-cloud/firestore';
import { SERVER_COLLECTIONS } from '../../cli/rules/check-rules.ts';
import type { Accounts } from './auth-server.ts';

/** What a process leaves behind: the documents by path, and the accounts in Firebase Auth. */
export interface State {
  readonly documents: ReadonlyMap<string, DocumentData>;
  readonly accounts: Accounts;
}

export async function readState(db: Firestore, accounts: Accounts): Promise<State> {
  const found = await Promise.all(SERVER_COLLECTIONS.map((name) => db.collection(name).get()));
  const documents = found.flatMap(({ docs }) => docs);
  return {
    documents: new Map(documents.map((document) => [document.ref.path, document.data()])),
    accounts: new Map(accounts),
  };
}

/** The same state with expired leases: a killed process holds its sync lease until then. */
export function withExpiredLeases({ documents, accounts }: State): State {
  const later = [...documents].map(([path, { lease, ...fields }]) =>
    lease === undefined
      ? ([path, fields] as const)
      : ([path, { ...fields, lease: { ...lease, until: new Date(0) } }] as const),
  );
  return { documents: new Map(later), accounts };
}

/** The documents of a collection, by id. */
export function collection({ documents }: State, name: string): Map<string, DocumentData> {
  const own = [...documents].filter(([path]) => path.startsWith(`${name}/`));
  return new Map(own.map(([path, fields]) => [path.slice(name.length + 1), fields]));
}

export async function writeState(db: Firestore, { documents }: State): Promise<void> {
  const batch = db.batch();
  for (const [path, fields] of documents) batch.set(db.doc(path), fields);
  await batch.commit();
}

export const newDatabase = () => `p-${randomUUID()}`;
