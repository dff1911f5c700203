import { DOCUMENT_ID, formatFieldPath, parseFieldPath } from '../path.ts';
import type { Field } from './field.ts';
import type { CompositeIndex, IndexedField, IndexesFile } from './indexes-file.ts';

export type Mode = 'ASCENDING' | 'DESCENDING' | 'CONTAINS';
export type Scope = 'COLLECTION' | 'COLLECTION_GROUP';

/** One column of an index. The last column of an index is `__name__`. */
export interface IndexColumn {
  readonly key: string;
  readonly mode: Mode;
}

const AUTOMATIC: readonly { mode: Mode; scope: Scope }[] = [
  { mode: 'ASCENDING', scope: 'COLLECTION' },
  { mode: 'DESCENDING', scope: 'COLLECTION' },
  { mode: 'CONTAINS', scope: 'COLLECTION' },
];

/** All indexes for a query on these fields: by name, automatic and composite. */
export function indexesFor(
  group: string,
  scope: Scope,
  fields: readonly Field[],
  file: IndexesFile,
): IndexColumn[][] {
  const composites = (file.indexes ?? [])
    .filter((index) => index.collectionGroup === group && scopeOf(index.queryScope) === scope)
    .map(columnsOf)
    .filter((entries) => entries !== undefined);
  const singles = fields.flatMap((field) =>
    singleFieldModes(group, field, file)
      .filter((one) => one.scope === scope)
      .map(({ mode }) => withName([{ key: field.key, mode }])),
  );
  return [[{ key: DOCUMENT_ID, mode: 'ASCENDING' }], ...singles, ...composites];
}

const scopeOf = (scope: string | undefined): Scope =>
  scope === 'COLLECTION_GROUP' ? 'COLLECTION_GROUP' : 'COLLECTION';

/** `undefined` for a vector index, which serves no ordinary query. */
function columnsOf({ fields }: CompositeIndex): IndexColumn[] | undefined {
  const entries: IndexColumn[] = [];
  for (const { fieldPath, ...config } of fields) {
    const mode = modeOf(config);
    if (mode === undefined) return undefined;
    entries.push({ key: formatFieldPath(parseFieldPath(fieldPath)), mode });
  }
  return withName(entries);
}

function modeOf({ order, arrayConfig, vectorConfig }: Omit<IndexedField, 'fieldPath'>): Mode | undefined {
  if (vectorConfig !== undefined) return undefined;
  if (arrayConfig !== undefined) return 'CONTAINS';
  return order === 'DESCENDING' ? 'DESCENDING' : 'ASCENDING';
}

/** Appends `__name__`, by default in the direction of the last sorted field. */
export function withName(entries: readonly IndexColumn[]): IndexColumn[] {
  if (entries.some(({ key }) => key === DOCUMENT_ID)) return [...entries];
  const sorted = entries.findLast(({ mode }) => mode !== 'CONTAINS');
  return [...entries, { key: DOCUMENT_ID, mode: sorted?.mode ?? 'ASCENDING' }];
}

/** An override of a map also applies to its fields. The most specific override wins, `*` is the least specific. */
function singleFieldModes(group: string, field: Field, { fieldOverrides = [] }: IndexesFile) {
  const overrides = fieldOverrides.filter(
    (one) => one.collectionGroup === group && one.indexes !== undefined,
  );
  for (let length = field.path.length; length > 0; length--) {
    const key = formatFieldPath(field.path.slice(0, length));
    const exact = overrides.find(
      ({ fieldPath }) => fieldPath !== '*' && formatFieldPath(parseFieldPath(fieldPath)) === key,
    );
    if (exact) return overriddenModes(exact.indexes);
  }
  const any = overrides.find(({ fieldPath }) => fieldPath === '*');
  return any ? overriddenModes(any.indexes) : AUTOMATIC;
}

const overriddenModes = (indexes: { order?: string; arrayConfig?: string; queryScope?: string }[] = []) =>
  indexes.map(({ queryScope, ...config }) => ({
    mode: modeOf(config) ?? 'ASCENDING',
    scope: scopeOf(queryScope),
  }));
