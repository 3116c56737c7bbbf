// Hides the parts that were seen before, runs axe-core, and shows them again. The page has no frames, and its style sheets need not be read again.
async ({ parts, seen, rules }) => {
  const hash = (text) => [...text].reduce((h, c) => (Math.imul(h, 31) + c.codePointAt(0)) | 0, text.length).toString(36);
  const hidden = [], fresh = [];
  for (const part of parts ? document.querySelectorAll(parts) : []) {
    const as = hash(part.outerHTML.replace(/\d+/g, "0"));
    if (!(seen ?? []).includes(as)) fresh.push(as);
    else if (!part.hidden) hidden.push(part);
  }
  for (const part of hidden) part.hidden = true;
  const result = await axe.run({ ...(rules && { runOnly: rules }), resultTypes: ["violations"], iframes: false, preload: false });
  for (const part of hidden) part.hidden = false;
  return {
    Parts: fresh,
    Found: result.violations.map((v) => ({ ID: v.id, Impact: v.impact, Help: v.help, Where: v.nodes.map((n) => n.target + " " + n.failureSummary).join(", ") })),
  };
}
