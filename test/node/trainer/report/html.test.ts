import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Content, html, markup } from "../../../../trainer/report/html.ts";

describe("a template of markup", () => {
  test("takes what is put into it for text, in elements and in attributes", () => {
    const title = `<script>alert("1")</script> & 'more'`;
    expect(markup(html`<p title="${title}">${title}</p>`)).toBe(
      `<p title="&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt; &amp; &#39;more&#39;">&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt; &amp; &#39;more&#39;</p>`,
    );
  });

  test("takes other templates as they are, joins lists, and leaves out what is not there", () => {
    const parts: Content[] = ["a", 1, html`<b>${"<"}</b>`, [undefined, false, "z"]];
    expect(markup(html`<i>${parts}</i>`)).toBe("<i>a1<b>&lt;</b>z</i>");
  });

  test("is not fooled by data that looks like a template", () => {
    const forged = JSON.parse('{"html":"<b>","markup":"<b>","Symbol(markup)":"<b>"}') as Content;
    expect(() => markup(html`${forged}`)).toThrow(TypeError);
  });

  test("lets no text make an element, end an attribute, or bring a control character", () => {
    const character = fc.constantFrom(..."<>\"'&;=/ab é\u202e\u0000\u001b\u007f\n");
    fc.assert(
      fc.property(fc.string({ unit: character }), (text) => {
        const inside = markup(html`<p title="${text}">${text}</p>`)
          .replace(/^<p title="/, "")
          .replace(/<\/p>$/, "");
        const [attribute, ...element] = inside.split('">');
        expect(element).toHaveLength(1);
        // oxlint-disable-next-line no-control-regex -- they are what is looked for
        expect(attribute + element[0]).not.toMatch(/[<>"'\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/);
        expect(attribute).toBe(element[0]);
      }),
    );
  });
});
