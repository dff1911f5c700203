import type { DocumentReference, Query, UpdateData } from '@google-cloud/firestore';
import type { OpenedFirestore } from '../../src/platform/firestore/firestore.ts';

/**
 * Reads some documents and queries outside the transaction, so that Firestore does not notice when they change meanwhile.
 * An update of a document that was deleted meanwhile writes it again.
 *
 * @param which by the path of a document; of a query, the path is empty
 */
export function readOutsideTransaction(
  firestore: OpenedFirestore,
  which: (path: string) => boolean,
): OpenedFirestore {
  const { db } = firestore;
  const runTransaction: typeof db.runTransaction = (update) =>
    db.runTransaction((tx) => {
      const replaced = {
        get: (ref: DocumentReference | Query) =>
          which('path' in ref ? ref.path : '') ? ref.get() : 'path' in ref ? tx.get(ref) : tx.get(ref),
        update: (ref: DocumentReference, fields: UpdateData<object>) =>
          which(ref.path) ? tx.set(ref, fields, { merge: true }) : tx.update(ref, fields),
      };
      return update(bound(tx, replaced));
    });
  return { ...firestore, db: bound(db, { runTransaction }) };
}

/** The same object with some methods replaced. The others run on the object itself. */
function bound<T extends object>(target: T, replaced: object): T {
  return new Proxy(target, {
    get: (_, name) => {
      if (name in replaced) return Reflect.get(replaced, name);
      const value = Reflect.get(target, name);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}
