// generated: `a b c`; do not edit. Contract */ alert(1) /* </script><script>alert(2)</script> <!--   ` ${x} & " ' {{id}}      ~1/
/**
 * What the client needs at run time.
 * @type {import("salon-client").Described<import("./hostile_script.d.ts").Main>}
 */
export const main = {
  hash: "*\/ alert(1) /* <\/script><script>alert(2)<\/script> <!--   ` ${x} & \" ' {{id}} \r\n\t\u0000 ~1/",
  keys: {
    "*\/ alert(1) /* <\/script><script>alert(2)<\/script> <!--   ` ${x} & \" ' {{id}} \r\n\t\u0000 ~1/": "*\/ alert(1) /* <\/script><script>alert(2)<\/script> <!--   ` ${x} & \" ' {{id}} \r\n\t\u0000 ~1/",
    ["__proto__"]: "*\/ alert(1) /* <\/script><script>alert(2)<\/script> <!--   ` ${x} & \" ' {{id}} \r\n\t\u0000 ~1/",
  },
  positional: [
    "*\/ alert(1) /* <\/script><script>alert(2)<\/script> <!--   ` ${x} & \" ' {{id}} \r\n\t\u0000 ~1/",
    "__proto__",
  ],
};
