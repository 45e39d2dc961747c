/** Seconds as a clock shows them: `0:07`, `4:05`, `1:02:09`. */
export function clockTime(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const s = String(whole % 60).padStart(2, "0");
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${String(minutes)}:${s}`;
  return `${String(Math.floor(minutes / 60))}:${String(minutes % 60).padStart(2, "0")}:${s}`;
}

/** Seconds in words, for a screen reader: `4 minutes 5 seconds`. */
export function spokenTime(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const parts = [amount(Math.floor(whole / 60), "minute"), amount(whole % 60, "second")];
  return parts.filter((part) => part !== null).join(" ") || "0 seconds";
}

function amount(count: number, unit: string): string | null {
  if (count === 0) return null;
  return `${String(count)} ${unit}${count === 1 ? "" : "s"}`;
}
