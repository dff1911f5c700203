import { checkId } from '../path.ts';
import { invalidArgument, unimplemented } from '../status.ts';
import { elementsOf, kindOf } from '../value.ts';
import {
  type Condition,
  conditionsOf,
  countDisjunctions,
  type FilterNode,
  isInequality,
  toDisjunctions,
} from './condition.ts';
import type { Sort } from './order.ts';
import type { Cursor, StructuredQuery } from './structured-query.ts';

/** https://firebase.google.com/docs/firestore/query-data/queries#query_limitations */
const MAX_DISJUNCTIONS = 30;
const MAX_NOT_IN = 10;
const MAX_INEQUALITY_FIELDS = 10;
const MAX_PARTS = 100;

/** @throws FirestoreError INVALID_ARGUMENT for a filter that Firestore rejects */
export function checkFilter(filter: FilterNode, explicit: readonly Sort[], isBelowDocument: boolean): void {
  const conditions = conditionsOf(filter);
  for (const condition of conditions) checkCondition(condition);
  if (countDisjunctions(filter) > MAX_DISJUNCTIONS) {
    throw invalidArgument(`A query has at most ${MAX_DISJUNCTIONS} disjunctions in disjunctive normal form.`);
  }
  checkNegations(filter, conditions);
  const disjunctions = toDisjunctions(filter);
  for (const disjunction of disjunctions) {
    if (disjunction.filter(({ operator }) => operator === 'ARRAY_CONTAINS').length > 1) {
      throw invalidArgument("A maximum of 1 'ARRAY_CONTAINS' filter is allowed per disjunction.");
    }
  }
  const inequalityFields = new Set(conditions.filter(isInequality).map(({ field }) => field.key));
  if (inequalityFields.size > MAX_INEQUALITY_FIELDS) {
    throw invalidArgument(`A query has inequality filters on at most ${MAX_INEQUALITY_FIELDS} fields.`);
  }
  if (disjunctions.flat().length + explicit.length + Number(isBelowDocument) > MAX_PARTS) {
    throw invalidArgument(`A query has at most ${MAX_PARTS} filters, orders and parent documents.`);
  }
}

function checkCondition({ field, operator, operand }: Condition): void {
  const isList = operator === 'IN' || operator === 'NOT_IN' || operator === 'ARRAY_CONTAINS_ANY';
  const operands = isList ? elementsOf(operand) : [operand];
  if (isList) {
    const max = operator === 'NOT_IN' ? MAX_NOT_IN : MAX_DISJUNCTIONS;
    if (!operand.arrayValue || operands.length === 0) {
      throw invalidArgument(`'${operator}' requires a non-empty ArrayValue.`);
    }
    if (operands.length > max) {
      throw invalidArgument(`'${operator}' supports up to ${max} comparison values.`);
    }
  }
  if (!field.isName) return;
  if (operator === 'ARRAY_CONTAINS' || operator === 'ARRAY_CONTAINS_ANY') {
    throw invalidArgument(`'${operator}' cannot be used on __name__.`);
  }
  if (operands.some((one) => kindOf(one) !== 'reference')) {
    throw invalidArgument('A __name__ filter compares with document references only.');
  }
}

function checkNegations(filter: FilterNode, conditions: readonly Condition[]): void {
  const negations = conditions.filter(({ operator }) => operator === 'NOT_EQUAL' || operator === 'NOT_IN');
  if (negations.length > 1) {
    throw invalidArgument(
      "Only a single 'NOT_EQUAL', 'NOT_IN', 'IS_NOT_NAN', or 'IS_NOT_NULL' filter allowed per query.",
    );
  }
  if (negations[0]?.operator !== 'NOT_IN') return;
  const others = conditions.some(({ operator }) => operator === 'IN' || operator === 'ARRAY_CONTAINS_ANY');
  if (others || hasOr(filter)) {
    throw invalidArgument("'NOT_IN' cannot be used in a query with 'IN', 'ARRAY_CONTAINS_ANY' or 'OR'.");
  }
}

const hasOr = (node: FilterNode): boolean =>
  node.kind !== 'condition' && (node.kind === 'or' || node.filters.some(hasOr));

/** @throws FirestoreError INVALID_ARGUMENT if Firestore rejects another part of the query, UNIMPLEMENTED for vector search */
export function checkQuery(query: StructuredQuery, filter: FilterNode, explicit: readonly Sort[]): void {
  if (query.findNearest) throw unimplemented('The embedded Firestore has no vector search (findNearest).');
  const [selector, ...others] = query.from ?? [];
  if (!selector || others.length > 0) throw invalidArgument('A query selects from exactly one collection.');
  if (selector.collectionId) {
    checkId(selector.collectionId);
  } else {
    if (!selector.allDescendants)
      throw invalidArgument('A query without a collection id needs all descendants.');
    const fields = [...conditionsOf(filter), ...explicit].map(({ field }) => field);
    const named = fields.find((field) => !field.isName);
    if (named) throw invalidArgument(`A collection id is required for ${named.key}.`);
  }
  if ((query.limit?.value ?? 0) < 0) throw invalidArgument('limit is negative');
  if ((query.offset ?? 0) < 0) throw invalidArgument('offset is negative');
  checkCursor(query.startAt, explicit);
  checkCursor(query.endAt, explicit);
}

function checkCursor(cursor: Cursor | null | undefined, explicit: readonly Sort[]): void {
  const values = cursor?.values ?? [];
  if (values.length > explicit.length) throw invalidArgument('Cursor has too many values.');
  for (const [i, value] of values.entries()) {
    if (explicit[i]?.field.isName && kindOf(value) !== 'reference') {
      throw invalidArgument("A cursor's value for __name__ must be a document reference.");
    }
  }
}
