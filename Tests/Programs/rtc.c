// The real-time clock (rtc(4)): reads and sets it, waits for its alarm, its updates and its periods.
// Takes six seconds. Prints one line for each thing that holds, and ends with 1 where one does not.
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/select.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

// linux/rtc.h, which musl's headers are without.
struct rtc_time {
    int tm_sec, tm_min, tm_hour, tm_mday, tm_mon, tm_year, tm_wday, tm_yday, tm_isdst;
};
struct rtc_wkalrm {
    unsigned char enabled, pending;
    struct rtc_time time;
};
#define RTC_AIE_ON _IO('p', 0x01)
#define RTC_AIE_OFF _IO('p', 0x02)
#define RTC_UIE_ON _IO('p', 0x03)
#define RTC_UIE_OFF _IO('p', 0x04)
#define RTC_PIE_ON _IO('p', 0x05)
#define RTC_PIE_OFF _IO('p', 0x06)
#define RTC_ALM_SET _IOW('p', 0x07, struct rtc_time)
#define RTC_ALM_READ _IOR('p', 0x08, struct rtc_time)
#define RTC_RD_TIME _IOR('p', 0x09, struct rtc_time)
#define RTC_SET_TIME _IOW('p', 0x0a, struct rtc_time)
#define RTC_IRQP_READ _IOR('p', 0x0b, unsigned long)
#define RTC_IRQP_SET _IOW('p', 0x0c, unsigned long)
#define RTC_EPOCH_READ _IOR('p', 0x0d, unsigned long)
#define RTC_WKALM_SET _IOW('p', 0x0f, struct rtc_wkalrm)
#define RTC_WKALM_RD _IOR('p', 0x10, struct rtc_wkalrm)
#define RTC_IRQF 0x80
#define RTC_PF 0x40
#define RTC_AF 0x20
#define RTC_UF 0x10

// Seconds that an emulated machine on a busy host may be late.
static const int slack = 20;
static int failures;
static int clock_file;

static void expect(int holds, const char *what) {
    if (!holds) failures++;
    printf("%s: %s\n", holds ? "ok" : "not ok", what);
    fflush(stdout);
}
static int fails(unsigned long request, void *argument, int error) {
    errno = 0;
    return ioctl(clock_file, request, argument) == -1 && errno == error;
}
static int does(unsigned long request, void *argument) {
    return ioctl(clock_file, request, argument) == 0;
}
static time_t seconds_of(struct rtc_time *parts) {
    struct tm tm;
    memset(&tm, 0, sizeof tm);
    tm.tm_sec = parts->tm_sec, tm.tm_min = parts->tm_min, tm.tm_hour = parts->tm_hour;
    tm.tm_mday = parts->tm_mday, tm.tm_mon = parts->tm_mon, tm.tm_year = parts->tm_year;
    return timegm(&tm);
}
static struct rtc_time parts_of(time_t seconds) {
    struct tm tm;
    struct rtc_time parts;
    gmtime_r(&seconds, &tm);
    memset(&parts, 0, sizeof parts);
    parts.tm_sec = tm.tm_sec, parts.tm_min = tm.tm_min, parts.tm_hour = tm.tm_hour;
    parts.tm_mday = tm.tm_mday, parts.tm_mon = tm.tm_mon, parts.tm_year = tm.tm_year;
    return parts;
}
static time_t now(void) {
    struct rtc_time parts;
    return does(RTC_RD_TIME, &parts) ? seconds_of(&parts) : -1;
}
// Waits for the clock to be readable; false after that many seconds.
static int waits(int seconds) {
    struct timeval limit = {seconds, 0};
    fd_set set;
    FD_ZERO(&set);
    FD_SET(clock_file, &set);
    return select(clock_file + 1, &set, NULL, NULL, &limit) == 1;
}

static void set_and_read(void) {
    struct rtc_time parts, wrong;
    time_t before = time(NULL);
    // The last second of a leap day, in a year that not every rule calls a leap year.
    parts = parts_of(951868798);
    expect(does(RTC_SET_TIME, &parts), "the clock is set to 2000-02-29 23:59:58");
    time_t read = now();
    expect(read >= 951868798 && read <= 951868798 + slack, "it shows that time");
    expect(does(RTC_RD_TIME, &parts) && parts.tm_year == 100 && parts.tm_isdst == 0 &&
               parts.tm_wday == (parts.tm_mon == 1 ? 2 : 3) &&
               parts.tm_yday == (parts.tm_mon == 1 ? 59 : 60),
        "with the day of the week and of the year");
    wrong = parts_of(951868798), wrong.tm_year = 101;
    expect(fails(RTC_SET_TIME, &wrong, EINVAL), "2001-02-29 is EINVAL");
    wrong = parts_of(951868798), wrong.tm_sec = 60;
    expect(fails(RTC_SET_TIME, &wrong, EINVAL), "a leap second is EINVAL");
    wrong = parts_of(951868798), wrong.tm_year = 69;
    expect(fails(RTC_SET_TIME, &wrong, EINVAL), "1969 is EINVAL");
    wrong = parts_of(951868798), wrong.tm_year = 8100, wrong.tm_mday = 1;
    expect(fails(RTC_SET_TIME, &wrong, ERANGE), "10000 is ERANGE");
    expect(fails(RTC_SET_TIME, (void *)8, EFAULT), "no memory is EFAULT");
    expect(now() - read <= slack, "what was refused changed nothing");
    parts = parts_of(1767323045);
    expect(does(RTC_SET_TIME, &parts) && now() - 1767323045 <= slack, "2026-01-02 03:04:05");
    expect(time(NULL) - before <= slack, "CLOCK_REALTIME is another clock");
}

static void alarms(void) {
    struct rtc_wkalrm alarm;
    struct rtc_time parts;
    unsigned long events;
    time_t start = now();
    memset(&alarm, 0, sizeof alarm);
    alarm.enabled = 1;
    alarm.time = parts_of(start + 2);
    expect(does(RTC_WKALM_SET, &alarm), "an alarm in two seconds");
    memset(&alarm, 0xff, sizeof alarm);
    expect(does(RTC_WKALM_RD, &alarm) && alarm.enabled == 1 && alarm.pending == 0 &&
               seconds_of(&alarm.time) == start + 2,
        "it reads back");
    errno = 0;
    expect(read(clock_file, &events, sizeof events) == -1 && errno == EAGAIN,
        "until then reads are EAGAIN");
    expect(waits(10), "select returns");
    expect(now() >= start + 2 && now() <= start + 2 + slack, "when it is time");
    struct pollfd entry = {clock_file, POLLIN | POLLOUT, 0};
    expect(poll(&entry, 1, 0) == 1 && entry.revents == POLLIN, "poll says POLLIN");
    expect(read(clock_file, &events, sizeof events) == sizeof events &&
               events == (1 << 8 | RTC_IRQF | RTC_AF),
        "the read says one alarm");
    expect(!waits(0), "and nothing is left");
    expect(does(RTC_WKALM_RD, &alarm) && alarm.enabled == 0, "the alarm is off again");

    fcntl(clock_file, F_SETFL, 0);
    start = now();
    parts = parts_of(start + 1);
    // The date of such an alarm does not count.
    parts.tm_mday = 31, parts.tm_mon = 11, parts.tm_year = -5;
    expect(does(RTC_ALM_SET, &parts) && does(RTC_ALM_READ, &parts) &&
               seconds_of(&parts) == start + 1,
        "an alarm of this day");
    expect(does(RTC_AIE_ON, 0), "turned on");
    unsigned int few = 0;
    expect(read(clock_file, &few, sizeof few) == sizeof few && few == (1 << 8 | RTC_IRQF | RTC_AF),
        "a read of four bytes waits for it");
    expect(now() >= start + 1 && now() <= start + 1 + slack, "as long as it takes");
    parts = parts_of(now() - 60);
    time_t then = now() - 60;
    expect(does(RTC_ALM_SET, &parts) && does(RTC_ALM_READ, &parts) &&
               seconds_of(&parts) - then >= 86400 && seconds_of(&parts) - then <= 86400 + slack,
        "an earlier time is tomorrow's");
    expect(does(RTC_AIE_ON, 0) && !waits(0) && does(RTC_AIE_OFF, 0), "which is not now");
    alarm.enabled = 1;
    alarm.time = parts_of(now() - 5);
    expect(does(RTC_WKALM_SET, &alarm) && waits(0) &&
               read(clock_file, &events, sizeof events) == sizeof events &&
               events == (1 << 8 | RTC_IRQF | RTC_AF),
        "an alarm in the past comes at once");
    alarm.time.tm_mon = 12;
    expect(fails(RTC_WKALM_SET, &alarm, EINVAL), "a 13th month is EINVAL");
    errno = 0;
    expect(read(clock_file, &events, 5) == -1 && errno == EINVAL, "five bytes are EINVAL");
    errno = 0;
    expect(write(clock_file, &events, 8) == -1 && errno == EINVAL, "a write is EINVAL");
}

static void repeated(void) {
    unsigned long events = 0, frequency = 0;
    expect(does(RTC_UIE_ON, 0), "updates on");
    expect(read(clock_file, &events, sizeof events) == sizeof events &&
               (events & 0xff) == (RTC_IRQF | RTC_UF) && events >> 8 >= 1,
        "one came");
    expect(read(clock_file, &events, sizeof events) == sizeof events && (events & 0xff) == (RTC_IRQF | RTC_UF),
        "and another");
    expect(does(RTC_UIE_OFF, 0), "updates off");
    expect(does(RTC_IRQP_SET, (void *)16) && does(RTC_IRQP_READ, &frequency) && frequency == 16,
        "16 periods a second");
    expect(fails(RTC_IRQP_SET, (void *)8193, EINVAL), "8193 are EINVAL");
    // An update may have been told before they were off.
    fcntl(clock_file, F_SETFL, O_NONBLOCK);
    (void)!read(clock_file, &events, sizeof events);
    expect(does(RTC_PIE_ON, 0) && waits(5), "periods on");
    struct timespec half = {0, 500000000};
    nanosleep(&half, NULL);
    expect(read(clock_file, &events, sizeof events) == sizeof events &&
               (events & 0xff) == (RTC_IRQF | RTC_PF) && events >> 8 >= 8,
        "they are counted");
    expect(does(RTC_PIE_OFF, 0), "periods off");
    expect(fails(RTC_EPOCH_READ, &frequency, ENOTTY), "an epoch is ENOTTY");
}

int main(void) {
    struct stat status;
    clock_file = open("/dev/rtc0", O_RDWR | O_NONBLOCK);
    if (clock_file < 0) {
        printf("/dev/rtc0: %s\n", strerror(errno));
        return errno == ENOENT ? 2 : 1;
    }
    expect(fstat(clock_file, &status) == 0 && S_ISCHR(status.st_mode), "a character device");
    errno = 0;
    expect(open("/dev/rtc0", O_RDONLY) == -1 && errno == EBUSY, "a second open is EBUSY");
    set_and_read();
    alarms();
    repeated();
    expect(close(clock_file) == 0, "closed");
    clock_file = open("/dev/rtc0", O_RDONLY);
    expect(clock_file >= 0, "opened again");
    printf("%s\n", failures ? "failed" : "all of it");
    return failures ? 1 : 0;
}
