/** firestore.indexes.json of the Firebase CLI. Properties that do not affect queries (density, TTL) are omitted. */
export interface IndexesFile {
  indexes?: CompositeIndex[];
  fieldOverrides?: FieldOverride[];
}

export interface CompositeIndex {
  collectionGroup: string;
  queryScope?: string;
  fields: IndexedField[];
}

export interface IndexedField {
  fieldPath: string;
  order?: string;
  arrayConfig?: string;
  vectorConfig?: unknown;
}

/** Single-field indexes that replace the automatic ones of a field. */
export interface FieldOverride {
  collectionGroup: string;
  fieldPath: string;
  ttl?: boolean;
  indexes?: { order?: string; arrayConfig?: string; queryScope?: string }[];
}
