/** What happened in a simulation, line by line. */
export class Trace {
  readonly lines: string[] = [];

  add(nowMs: number, what: string): void {
    this.lines.push(`${nowMs.toFixed(3).padStart(12)} ${what}`);
  }

  toString(): string {
    return this.lines.join("\n");
  }
}
