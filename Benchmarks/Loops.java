// Five loops, CPU-bound and allocation-bound; prints "NAME MIN MEDIAN P90" in milliseconds for each.
import java.util.*;
import java.util.function.Supplier;

public class Loops {
    static long fibonacci(int n) { return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2); }
    static Object recursion() { return fibonacci(34); }
    static Object dictionary() {
        Map<String, Integer> words = new HashMap<>();
        for (int number = 0; number < 600000; number++) words.merge("key " + number % 30000, number, Integer::sum);
        return words.size();
    }
    record Link(int number, int[] list, Link next) {}
    static Object objects() {
        Link chain = null;
        for (int number = 0; number < 4000000; number++)
            chain = new Link(number, new int[] {number}, number % 1000 == 0 ? null : chain);
        return chain;
    }
    static Object text() {
        StringBuilder document = new StringBuilder();
        for (int n = 0; n < 60000; n++) document.append("item ").append(n).append(" of many, ");
        return document.toString().split(", ").length;
    }
    static Object sorting() {
        Integer[] numbers = new Integer[300000];
        for (int n = 0; n < numbers.length; n++) numbers[n] = (int) (n * 7919L % 1000003);
        Arrays.sort(numbers, Comparator.reverseOrder());
        return numbers[0];
    }
    static void time(String name, Supplier<Object> loop) {
        double[] times = new double[9];
        // The compiler's work is not what is measured.
        for (int round = 0; round < 5; round++) loop.get();
        for (int round = 0; round < times.length; round++) {
            long start = System.nanoTime();
            loop.get();
            times[round] = (System.nanoTime() - start) / 1e6;
        }
        Arrays.sort(times);
        System.out.printf("%s %.2f %.2f %.2f%n", name, times[0], times[4], times[8]);
    }
    public static void main(String[] arguments) {
        time("recursion", Loops::recursion);
        time("dictionary", Loops::dictionary);
        time("objects", Loops::objects);
        time("text", Loops::text);
        time("sorting", Loops::sorting);
    }
}
