/** Runs tasks of the same key one after another, in the order they came. A failed task does not hold up the next. */
export function createSerial(): <T>(key: string, task: () => Promise<T>) => Promise<T> {
  const lines = new Map<string, Promise<unknown>>();
  return (key, task) => {
    const result = (lines.get(key) ?? Promise.resolve()).then(task);
    const line = result
      .catch(() => undefined)
      .then(() => {
        if (lines.get(key) === line) lines.delete(key);
      });
    lines.set(key, line);
    return result;
  };
}
