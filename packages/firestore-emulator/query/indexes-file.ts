/** firestore.indexes.json, as the Firebase CLI reads it; what isn't named here (density, TTL) changes no answer. */
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

/** The single-field indexes that one field has instead of the automatic ones. */
export interface FieldOverride {
  collectionGroup: string;
  fieldPath: string;
  ttl?: boolean;
  indexes?: { order?: string; arrayConfig?: string; queryScope?: string }[];
}
