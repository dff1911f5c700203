import { idSize } from './path.ts';
import { utf8Length } from './utf8.ts';
import { elementsOf, kindOf, type Value } from './value.ts';

const MAP_OVERHEAD = 32;
const NAME_OVERHEAD = 16;

/** Size of a value in bytes: https://firebase.google.com/docs/firestore/storage-size */
export function valueSize(value: Value): number {
  switch (kindOf(value)) {
    case 'null':
    case 'boolean':
      return 1;
    case 'number':
    case 'timestamp':
      return 8;
    case 'geoPoint':
      return 16;
    case 'string':
      return utf8Length(value.stringValue ?? '') + 1;
    case 'bytes':
      return value.bytesValue?.length ?? 0;
    case 'reference':
      return nameSize(value.referenceValue ?? '');
    case 'array':
      return elementsOf(value).reduce((sum, element) => sum + valueSize(element), 0);
    case 'vector':
      return 8 * elementsOf(value).length;
    case 'map':
      return fieldsSize(value.mapValue?.fields ?? {});
  }
}

/** Size of a document in bytes. */
export const documentSize = (name: string, fields: Record<string, Value>) =>
  nameSize(name) + fieldsSize(fields);

/** The documentation says that a map is "calculated the same way as document size": with the 32 bytes, without a name. */
const fieldsSize = (fields: Record<string, Value>) =>
  Object.entries(fields).reduce(
    (sum, [name, value]) => sum + utf8Length(name) + 1 + valueSize(value),
    MAP_OVERHEAD,
  );

/** Only the path counts, not the project and database. */
function nameSize(name: string): number {
  const ids = name.split('/').slice(5);
  return ids.reduce((sum, id) => sum + idSize(id), NAME_OVERHEAD);
}
