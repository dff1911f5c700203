import type { FieldOverride } from '../../../functions/cli/project/firestore.ts';
import { SERVER_COLLECTIONS } from '../../../functions/cli/rules/check-rules.ts';
import type { FieldSpec, Wanted } from './wanted.ts';

export const isField = (
  a: { collectionGroup: string; fieldPath: string },
  b: { collectionGroup: string; fieldPath: string },
) => a.collectionGroup === b.collectionGroup && a.fieldPath === b.fieldPath;

/** Whether the TTL policy of a field has yet to be created. */
export const needsTtl = (spec: FieldSpec, live: readonly FieldOverride[]) =>
  spec.ttl === true && !live.some((one) => isField(one, spec) && one.ttl !== undefined);

/** The collection groups in which documents of another app could be harmed: after the first deployment, by new TTL policies only. */
export function groupsToRead(
  { indexes, fields }: Wanted,
  live: readonly FieldOverride[],
  isInstalled: boolean,
): string[] {
  const groupsOf = (specs: readonly { collectionGroup: string }[]) =>
    specs.map(({ collectionGroup }) => collectionGroup);
  const groups = isInstalled
    ? groupsOf(fields.filter((spec) => needsTtl(spec, live)))
    : [...SERVER_COLLECTIONS, ...groupsOf([...indexes, ...fields])];
  return [...new Set(groups)];
}
